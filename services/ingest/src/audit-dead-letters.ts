import { decodeDeadLetter, type EventLog } from '@cartledger/event-log';
import { createOffsetSet } from './audit-offsets.ts';

export type DeadOffsets = {
  /** Whether a dead letter of this partition and offset is there; of the life of the topic that was asked for. */
  has(partition: number, offset: bigint): boolean;
  /** Letters below this moment (ms UTC) may be no more: the dead-letter topic has removed some. Null: it has all. */
  readonly since: number | null;
};

type DeadRange = { partition: number; from: bigint; to: bigint };

const RECORDS_A_TURN = 1_000;

/** Where the dead letters of some ranges of the events' topic come from: known as far as the dead-letter topic was read. */
export const createDeadOffsets = (
  log: Pick<EventLog, 'offsets' | 'read'>,
  {
    topic,
    deadLettersTopic,
    epoch,
    ranges,
  }: { topic: string; deadLettersTopic: string; epoch: string; ranges: readonly DeadRange[] },
) => {
  const asked = new Map(ranges.map((range) => [range.partition, { ...range, offsets: createOffsetSet() }]));
  const next = new Map<number, bigint>();
  let since: number | null = null;
  let read = 0;
  return {
    has: (partition: number, offset: bigint): boolean => asked.get(partition)?.offsets.has(offset) ?? false,
    get since() {
      return since;
    },
    /** To the end of the dead-letter topic, from where it was read before, though the signal may have ended that. */
    async readOn(signal: AbortSignal): Promise<void> {
      for (const { partition, earliest, end } of await log.offsets(deadLettersTopic)) {
        const from = next.get(partition) ?? earliest;
        // A topic made anew ends before: all of it is read.
        for await (const record of log.read(deadLettersTopic, partition, from > end ? earliest : from, end)) {
          signal.throwIfAborted();
          next.set(partition, record.offset + 1n);
          read += 1;
          if (read % RECORDS_A_TURN === 0) await new Promise(setImmediate);
          if (earliest > 0n && record.offset === earliest) since = Math.max(since ?? 0, record.timestamp);
          const origin = decodeDeadLetter(record)?.origin;
          if (origin === undefined || origin.topic !== topic || origin.topicEpoch !== epoch) continue;
          const range = asked.get(origin.partition);
          if (range !== undefined && origin.offset >= range.from && origin.offset < range.to)
            range.offsets.add(origin.offset);
        }
        next.set(partition, end);
      }
    },
  } satisfies DeadOffsets & { readOn(signal: AbortSignal): Promise<void> };
};

/** Reads the dead-letter topic once, whole. */
export const readDeadOffsets = async (
  log: Pick<EventLog, 'offsets' | 'read'>,
  of: Parameters<typeof createDeadOffsets>[1],
  signal: AbortSignal,
): Promise<DeadOffsets> => {
  const dead = createDeadOffsets(log, of);
  await dead.readOn(signal);
  return dead;
};
