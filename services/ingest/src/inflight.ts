/** Bytes handed over by the log and not yet in the store, of all partitions together. */
export type Inflight = {
  /** Of one assignment of a partition, which begins unpaused. */
  open(valve: Valve): Share;
  readonly bytes: number;
};

/** What lets a partition be fetched, or not. */
type Valve = { pause(): void; resume(): void };

/** What one assignment of a partition holds. */
export type Share = {
  add(bytes: number): void;
  release(bytes: number): void;
  /** Nothing more is fetched while it is blocked, whatever it holds. */
  block(isBlocked: boolean): void;
  readonly isPaused: boolean;
  /** The assignment is over: the valve is another's. What is still in hand counts until it is released. */
  end(): void;
};

/**
 * Bounds memory, and keeps partitions from each other's troubles: one is paused when it holds as much as is still free,
 * and resumed at half of that, so that reading is not switched at every batch. However many stand still, whoever comes
 * next finds room; one that holds nothing is never paused, so that nothing stands still for another's sake. (Bounds that
 * were rejected: one for all together, which the first partition to wait fills up for all; equal shares, which leave
 * most of the memory unused while a single partition is behind.) What is handed over meanwhile is still counted: the
 * bound may be passed by one fetch of each partition.
 */
export const createInflight = ({ maxBytes }: { maxBytes: number }): Inflight => {
  let bytes = 0;
  const settlers = new Set<(free: number) => void>();

  const change = (by: number): void => {
    bytes += by;
    for (const settle of settlers) settle(maxBytes - bytes);
  };

  return {
    open: (valve) => {
      let held = 0;
      let isBlocked = false;
      let isPaused = false;
      const settle = (free: number): void => {
        const isOver = held > 0 && (isPaused ? held > free / 2 : held >= free);
        if (isPaused === (isBlocked || isOver)) return;
        isPaused = !isPaused;
        if (isPaused) valve.pause();
        else valve.resume();
      };
      settlers.add(settle);
      return {
        add: (more) => {
          held += more;
          change(more);
        },
        release: (less) => {
          held -= less;
          change(-less);
        },
        block: (blocked) => {
          isBlocked = blocked;
          change(0);
        },
        get isPaused() {
          return isPaused;
        },
        end: () => void settlers.delete(settle),
      };
    },
    get bytes() {
      return bytes;
    },
  };
};
