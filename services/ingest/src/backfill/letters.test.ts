import { type EventLog, encodeDeadLetter, type LogRecord } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { createLetterReader } from './letters.ts';

const TOPICS = { topic: 'events', deadLettersTopic: 'dead' };

/** The letter of an offset of the events' topic, at the same one of its own. */
const letterOf = (offset: bigint): LogRecord => {
  const bare = { partition: 0, offset, timestamp: 1, key: null, value: null, headers: {} };
  const { headers = {} } = encodeDeadLetter(
    bare,
    { topic: TOPICS.topic, topicEpoch: 'abc' },
    { code: 'malformed_json', field: '', message: '' },
  );
  return { ...bare, headers: Object.fromEntries(Object.entries(headers).map(([name, of]) => [name, Buffer.from(of)])) };
};

const setUp = () => {
  const at = { end: 10n, read: [] as bigint[], onRead: (_: bigint) => {} };
  const log: Pick<EventLog, 'offsets' | 'read'> = {
    offsets: async () => [{ partition: 0, earliest: 0n, end: at.end }],
    async *read(_, __, from, to) {
      for (let offset = from; offset < to; offset++) {
        at.read.push(offset);
        at.onRead(offset);
        yield letterOf(offset);
      }
    },
  };
  return { at, read: createLetterReader(log, TOPICS) };
};

const asked = (until: number) => ({ epoch: 'abc', partitions: [{ partition: 0, first: 0, position: 0, until }] });

test('a reading of letters that takes longer than a turn goes on where it was', async () => {
  const { at, read } = setUp();
  const over = new AbortController();
  at.onRead = (offset) => offset === 5n && over.abort();
  await expect(read(asked(20), over.signal)).rejects.toThrow();
  const dead = await read(asked(20), new AbortController().signal);
  expect([0n, 4n, 5n, 9n].map((offset) => dead.has(0, offset))).toEqual([true, true, true, true]);
  expect(at.read).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 5n, 6n, 7n, 8n, 9n]);
});

test('where a backfill follows the log only new letters are read', async () => {
  const { at, read } = setUp();
  const { signal } = new AbortController();
  await read(asked(8), signal);
  at.read.length = 0;
  at.end = 12n;
  const dead = await read(asked(30), signal);
  expect(at.read).toEqual([10n, 11n]);
  expect([9n, 11n, 12n].map((offset) => dead.has(0, offset))).toEqual([true, true, false]);
});
