import type { EventLog } from '@cartledger/event-log';

/**
 * Control records and compaction leave offsets without records, so a reader that has everything may stand below
 * the log's end for ever. When a partition stands still there, one look outside the group tells whether anything
 * is left to read.
 */
export type TailProbe = {
  /** True when no record stands in [position, end). Looks at most once for each such pair. */
  isEmpty(partition: number, position: bigint, end: bigint): Promise<boolean>;
};

export const createTailProbe = ({ log, topic }: { log: Pick<EventLog, 'read'>; topic: string }): TailProbe => {
  const known = new Map<number, { position: bigint; end: bigint; empty: boolean }>();

  const look = async (partition: number, position: bigint, end: bigint): Promise<boolean> => {
    for await (const _ of log.read(topic, partition, position, end)) return false;
    return true;
  };

  return {
    isEmpty: async (partition, position, end) => {
      const last = known.get(partition);
      if (last !== undefined && last.position === position && last.end === end) return last.empty;
      const empty = await look(partition, position, end);
      known.set(partition, { position, end, empty });
      return empty;
    },
  };
};
