/** Bytes handed over by the log and not yet in the store, of all partitions together. */
export type Inflight = {
  add(bytes: number): void;
  release(bytes: number): void;
  readonly bytes: number;
  readonly full: boolean;
};

/**
 * Bounds memory: at `maxBytes` it is full (`onFull`: pause reading), and has room again (`onRoom`: resume) only
 * when half of it is free, so that reading is not switched at every batch. What is handed over meanwhile is still
 * counted: the bound may be passed by what the log had already fetched.
 */
export const createInflight = (
  { maxBytes }: { maxBytes: number },
  { onFull, onRoom }: { onFull: () => void; onRoom: () => void },
): Inflight => {
  let bytes = 0;
  let full = false;
  return {
    add: (more) => {
      bytes += more;
      if (bytes < maxBytes) return;
      full = true;
      // Each time: a partition assigned since the last was not paused then.
      onFull();
    },
    release: (less) => {
      bytes -= less;
      if (!full || bytes > maxBytes / 2) return;
      full = false;
      onRoom();
    },
    get bytes() {
      return bytes;
    },
    get full() {
      return full;
    },
  };
};
