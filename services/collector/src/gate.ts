/** Where callers wait while it is closed. */
export type Gate = {
  close(): void;
  open(): void;
  /** Resolves at once while the gate is open, else when it opens. */
  pass(): Promise<void>;
};

/** Opens by itself after `maxMs`, telling so: nobody waits for ever. */
export const createGate = (maxMs: number, onLate: () => void): Gate => {
  let closed: { promise: Promise<void>; resolve: () => void; timer: NodeJS.Timeout } | null = null;
  const open = (): void => {
    if (closed === null) return;
    clearTimeout(closed.timer);
    closed.resolve();
    closed = null;
  };
  return {
    close() {
      if (closed !== null) return;
      const timer = setTimeout(() => {
        open();
        onLate();
      }, maxMs);
      closed = { ...Promise.withResolvers<void>(), timer };
    },
    open,
    async pass() {
      while (closed !== null) await closed.promise;
    },
  };
};
