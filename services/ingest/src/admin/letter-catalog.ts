import { type DeadLetter, decodeDeadLetter, type EventLog } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import { createLetters, type LetterEntry, type Letters } from './letters.ts';

export type LetterCatalog = {
  /** The letters as they stand now: reads what came since the last time. Throws EventLogError. */
  letters(): Promise<Letters>;
  /** The letter itself, from the topic. */
  read(entry: Pick<LetterEntry, 'dead'>): Promise<DeadLetter | null>;
};

/** Newest letters that are kept in mind, about 190 bytes each, as long as somebody asks. */
const MAX_LETTERS = 1_000_000;
const IDLE_MS = 10 * 60_000;
const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export const createLetterCatalog = (
  { log, hasher }: { log: Pick<EventLog, 'offsets' | 'topicEpoch' | 'read'>; hasher: Promise<Hasher> },
  { topic, maxLetters = MAX_LETTERS }: { topic: string; maxLetters?: number },
): LetterCatalog => {
  let kept: ReturnType<typeof createLetters> | null = null;
  let reading: Promise<Letters> | null = null;
  let idle: NodeJS.Timeout | undefined;

  const refresh = async (): Promise<Letters> => {
    const [deadEpoch, lags] = await Promise.all([log.topicEpoch(topic), log.offsets(topic)]);
    const ready = await hasher;
    const isUsable = kept !== null && kept.letters.deadEpoch === deadEpoch && kept.letters.length <= 2 * maxLetters;
    const now = isUsable && kept !== null ? kept : createLetters(deadEpoch, ready);
    const share = BigInt(Math.ceil(maxLetters / lags.length));
    for (const { partition, earliest, end } of lags) {
      const start = now.next.get(partition);
      const from = start ?? latest(earliest, end - share);
      if (start === undefined) now.skip(from - earliest);
      for await (const record of log.read(topic, partition, from, end)) {
        const letter = decodeDeadLetter(record);
        if (letter !== null) now.add(letter, record);
        // After each: a reading that fails goes on there.
        now.next.set(partition, record.offset + 1n);
      }
      now.next.set(partition, end);
    }
    kept = now;
    return now.letters;
  };

  return {
    letters: () => {
      clearTimeout(idle);
      idle = setTimeout(() => {
        kept = null;
      }, IDLE_MS);
      idle.unref();
      reading ??= refresh().finally(() => {
        reading = null;
      });
      return reading;
    },
    read: async ({ dead: { partition, offset } }) => {
      for await (const record of log.read(topic, partition, offset, offset + 1n)) return decodeDeadLetter(record);
      return null;
    },
  };
};
