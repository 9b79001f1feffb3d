import { encodeDeadLetter, type LogRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { createHasher, rejection } from '@cartledger/events';
import { expect, test } from 'vitest';
import type { JournalEntry } from '../model/log/broker.ts';
import { letterOf } from '../model/oracle/state.ts';
import { NUMBER_HEADER, type Sent } from '../model/shop.ts';
import { type Evidence, judge } from './judge.ts';

const TOPIC = 'events';
const EPOCH = 'first';
const AT = Date.UTC(2026, 5, 15);
const hasher = await createHasher();

const recordOf = (offset: number, value: Buffer, n?: number): LogRecord => ({
  partition: 0,
  offset: BigInt(offset),
  timestamp: AT,
  key: Buffer.from('shop:v1'),
  value,
  headers: {
    [RECEIVED_AT_HEADER]: Buffer.from(String(AT)),
    ...(n === undefined ? {} : { [NUMBER_HEADER]: Buffer.from(String(n)) }),
  },
});

const entryOf = (record: LogRecord): JournalEntry => ({
  topic: TOPIC,
  epoch: EPOCH,
  record,
  appendedAt: AT,
  goneAt: null,
  committed: true,
});

const eventOf = (n: number): Buffer =>
  Buffer.from(
    JSON.stringify({ event_id: `e${n}`, store_id: 'shop', visitor_id: 'v1', type: 'visit', occurred_at: AT }),
  );

const sentOf = (n: number, way: Sent['way'], value: Buffer, verdict = 'good'): Sent => ({
  n,
  way,
  store_id: 'shop',
  verdict,
  event_id: verdict === 'good' ? `e${n}` : null,
  key: 'shop:v1',
  value,
  headers: {},
  answer: 202,
});

const rowOf = (record: LogRecord, n: number) => ({
  store_id: 'shop',
  visitor_id: 'v1',
  event_id: `e${n}`,
  occurred_at: AT,
  received_at: AT,
  payload_hash: String(hasher.xxh64(record.value ?? '')),
  log_epoch: EPOCH,
  log_partition: 0,
  log_offset: String(record.offset),
});

/** Two events, by POST and to the topic, and a bad record. */
const bad = Buffer.from('[1]');
const records = [recordOf(0, eventOf(0)), recordOf(1, eventOf(1), 1), recordOf(2, bad, 2)] as const;
const { headers = {}, ...letter } = encodeDeadLetter(
  records[2],
  { topic: TOPIC, topicEpoch: EPOCH },
  rejection('not_an_object', ''),
);
const evidence: Evidence = {
  sent: [sentOf(0, 'post', eventOf(0)), sentOf(1, 'topic', eventOf(1)), sentOf(2, 'topic', bad, 'not_an_object')],
  journal: records.map(entryOf),
  events: [rowOf(records[0], 0), rowOf(records[1], 1)],
  letters: [
    letterOf({
      ...recordOf(0, letter.value ?? Buffer.alloc(0)),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
    }),
  ],
  intake: [],
  runs: [],
};

const judged = (change: Partial<Evidence>) => judge({ ...evidence, ...change }, { topic: TOPIC, hasher });

test('a round in which everything is where it has to be is judged so', () => {
  expect(judged({})).toMatchObject({ records: 3, kept: 2, letters: 1, lost: 0, twice: 0, wrong: null });
});

test('an event, a dead letter or an answered delivery that is nowhere is lost', () => {
  expect(judged({ events: evidence.events.slice(0, 1) })).toMatchObject({ lost: 1, twice: 0 });
  expect(judged({ letters: [] })).toMatchObject({ lost: 1, wrong: expect.stringContaining('letter lost') });
  const sent = [...evidence.sent, sentOf(3, 'post', eventOf(3)), sentOf(4, 'topic', eventOf(4))];
  expect(judged({ sent })).toMatchObject({ lost: 2 });
});

test('an event that is kept twice, or that nobody sent, is counted twice', () => {
  const [first, second] = evidence.events;
  if (first === undefined || second === undefined) throw new Error('no events');
  expect(judged({ events: [first, second, second] })).toMatchObject({ lost: 0, twice: 1 });
  expect(judged({ events: [first, second, { ...second, event_id: 'e9' }] })).toMatchObject({ lost: 0, twice: 1 });
});

test('a later delivery kept in the place of the first is wrong', () => {
  const later = recordOf(3, eventOf(0), 0);
  const [, second] = evidence.events;
  const events = [{ ...rowOf(later, 0), received_at: AT + 1 }, ...(second === undefined ? [] : [second])];
  const journal = [
    ...evidence.journal,
    entryOf({ ...later, headers: { ...later.headers, [RECEIVED_AT_HEADER]: Buffer.from(String(AT + 1)) } }),
  ];
  expect(judged({ events, journal })).toMatchObject({
    lost: 0,
    twice: 0,
    wrong: expect.stringContaining('came before'),
  });
});
