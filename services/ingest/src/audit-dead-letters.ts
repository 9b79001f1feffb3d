import { decodeDeadLetter, type EventLog } from '@cartledger/event-log';
import { createOffsetSet, type OffsetSet } from './audit-offsets.ts';

export type DeadOffsets = {
  /** Whether a dead letter of this partition and offset is there; of the life of the topic that was asked for. */
  has(partition: number, offset: bigint): boolean;
  /** Letters below this moment (ms UTC) may be no more: the dead-letter topic has removed some. Null: it has all. */
  readonly since: number | null;
};

type DeadRange = { partition: number; from: bigint; to: bigint };

const RECORDS_A_TURN = 1_000;

/** Where the dead letters of some ranges of the events' topic come from. Reads the dead-letter topic once, whole. */
export const readDeadOffsets = async (
  log: Pick<EventLog, 'offsets' | 'read'>,
  {
    topic,
    deadLettersTopic,
    epoch,
    ranges,
  }: { topic: string; deadLettersTopic: string; epoch: string; ranges: readonly DeadRange[] },
  signal: AbortSignal,
): Promise<DeadOffsets> => {
  const asked = new Map(ranges.map((range) => [range.partition, { ...range, offsets: createOffsetSet() }]));
  let since: number | null = null;
  let read = 0;
  for (const { partition, earliest, end } of await log.offsets(deadLettersTopic)) {
    for await (const record of log.read(deadLettersTopic, partition, earliest, end)) {
      signal.throwIfAborted();
      read += 1;
      if (read % RECORDS_A_TURN === 0) await new Promise(setImmediate);
      if (earliest > 0n && record.offset === earliest) since = Math.max(since ?? 0, record.timestamp);
      const origin = decodeDeadLetter(record)?.origin;
      if (origin === undefined || origin.topic !== topic || origin.topicEpoch !== epoch) continue;
      const range = asked.get(origin.partition);
      if (range !== undefined && origin.offset >= range.from && origin.offset < range.to)
        range.offsets.add(origin.offset);
    }
  }
  const sets = new Map<number, OffsetSet>([...asked].map(([partition, { offsets }]) => [partition, offsets]));
  return { has: (partition, offset) => sets.get(partition)?.has(offset) ?? false, since };
};
