import {
  type DeadLetter,
  decodeDeadLetter,
  type EventLog,
  encodeReplay,
  isStubOf,
  type ProduceRecord,
} from '@cartledger/event-log';
import type { LetterEntry } from './letters.ts';

type Found = { entry: LetterEntry; record: ProduceRecord | null };

/** Makes of letters what is sent once more: null for one whose bytes are nowhere any more. */
export const createReplayRecords = (
  log: Pick<EventLog, 'read' | 'topicEpoch'>,
  { topic, deadLettersTopic }: { topic: string; deadLettersTopic: string },
) => {
  /** The record at the origin of a stub, if the log still has the life of the topic and the offset, and it is the same. */
  const atOrigin = async ({ origin, stub }: DeadLetter, topicEpoch: string) => {
    if (stub === null || origin.topic !== topic || origin.topicEpoch !== topicEpoch) return null;
    for await (const record of log.read(topic, origin.partition, origin.offset, origin.offset + 1n)) {
      if (isStubOf(stub, record.value)) return record;
    }
    return null;
  };

  /** `entries`: of one partition of the dead-letter topic, in its order. */
  return async (entries: readonly LetterEntry[]): Promise<Found[]> => {
    const [first, last] = [entries.at(0), entries.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { partition } = first.dead;
    const wanted = new Set(entries.map(({ dead }) => dead.offset));
    const read = new Map<bigint, DeadLetter>();
    for await (const record of log.read(deadLettersTopic, partition, first.dead.offset, last.dead.offset + 1n)) {
      const letter = wanted.has(record.offset) ? decodeDeadLetter(record) : null;
      if (letter !== null) read.set(record.offset, letter);
    }
    const topicEpoch = await log.topicEpoch(topic);
    const found: Found[] = [];
    for (const entry of entries) {
      const letter = read.get(entry.dead.offset);
      const bytes = letter?.stub ? await atOrigin(letter, topicEpoch) : (letter ?? null);
      found.push({ entry, record: letter === undefined || bytes === null ? null : encodeReplay(letter, bytes) });
    }
    return found;
  };
};
