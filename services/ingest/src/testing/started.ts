/** Ingest over fakes, stopped when a test ends, and what its tests send and look at. */
import { DEAD_LETTERS_TOPIC, decodeDeadLetter, type ProduceRecord } from '@cartledger/event-log';
import { afterEach } from 'vitest';
import type { Ingest } from '../port.ts';
import type { Harness } from './harness.ts';
import { eventRecord } from './samples.ts';

const running: Ingest[] = [];
afterEach(async () => {
  for (const ingest of running.splice(0)) await ingest.stop();
});
export const start = async (h: Harness, ...args: Parameters<Harness['start']>): Promise<Ingest> => {
  const ingest = await h.start(...args);
  running.push(ingest);
  return ingest;
};

export const events = (count: number, from = 0): ProduceRecord[] =>
  Array.from({ length: count }, (_, i) =>
    eventRecord({ event_id: `e${from + i}`, visitor_id: `v${(from + i) % 7}`, cart_id: `c${(from + i) % 5}` }),
  );
export const byText = (a: string, b: string): number => (a < b ? -1 : 1);
export const ids = (h: Harness): string[] => [...h.store.kept().keys()].sort(byText);
export const deadReasons = (h: Harness): Map<bigint, string> =>
  new Map(
    h.fakeLog.records(DEAD_LETTERS_TOPIC).flatMap((record) => {
      const letter = decodeDeadLetter(record);
      return letter === null ? [] : [[letter.origin.offset, letter.reason.code]];
    }),
  );
