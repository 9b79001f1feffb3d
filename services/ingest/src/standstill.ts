/** How one partition looks at one moment. */
type Sight = {
  position: bigint | 'earliest';
  /** The log's end lies after the position. */
  hasData: boolean;
  /** Something is being taken in or waits to be: whatever takes long there is not the consumer's fault. */
  busy: boolean;
};

/**
 * Sees partitions of which nothing is handed over although the log goes on. It looks at the position, not at the
 * commit: a log that refuses commits is another illness.
 */
export type Standstill = {
  /** For how long the partition has stood still so, in ms; 0 when it does not. */
  of(partition: number, sight: Sight): number;
  /** Forgets everything: the consumer was started anew. */
  reset(): void;
};

export const createStandstill = ({ now }: { now: () => number }): Standstill => {
  const since = new Map<number, { position: bigint | 'earliest'; at: number }>();
  return {
    of: (partition, { position, hasData, busy }) => {
      const last = since.get(partition);
      if (hasData && !busy && last?.position === position) return now() - last.at;
      since.set(partition, { position, at: now() });
      return 0;
    },
    reset: () => since.clear(),
  };
};
