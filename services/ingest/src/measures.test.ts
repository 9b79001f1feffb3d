import { type LogRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { expect, test } from 'vitest';
import { countBatch, type Summary, summaryOf } from './measures.ts';
import { createKnownStores } from './scan/known-stores.ts';
import { orderOf } from './scan/order.ts';
import { createRows, type RowSet } from './scan/rows.ts';
import { createSlowRows } from './scan/slow-row.ts';
import { createTakeIn, type Rejected } from './take-in.ts';
import { NOW, sampleEvent } from './testing/samples.ts';

const stores = {
  get: (id: string) => (id === 'demo' || id === 'other' ? { maxAgeDays: 400 } : undefined),
};
const takeIn = createTakeIn({ stores, now: () => NOW });
const hasher = await createHasher();

type Given = { value: unknown; key?: string; received_at?: number; headers?: Record<string, string> };

const taken = (given: readonly Given[]): { accepted: RowSet; rejected: Rejected[] } => {
  const rows = createRows();
  const known = createKnownStores(stores, rows);
  const slow = createSlowRows(rows, hasher);
  const rejected: Rejected[] = [];
  for (const { value, key, received_at = NOW, headers = {} } of given) {
    const all = { [RECEIVED_AT_HEADER]: String(received_at), ...headers };
    const record: LogRecord = {
      partition: 0,
      offset: 0n,
      timestamp: NOW,
      key: key === undefined ? null : Buffer.from(key),
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      headers: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)])),
    };
    const outcome = takeIn(record);
    if (outcome.outcome === 'accepted') slow.add(outcome, rows.count, known.numberOf(outcome.event.store_id));
    else rejected.push({ ...outcome, outcome: 'rejected' });
  }
  return { accepted: { rows, order: orderOf(rows) }, rejected };
};

const counted = (given: readonly Given[]): Record<string, number> => {
  const { accepted, rejected } = taken(given);
  return Object.fromEntries(
    countBatch(accepted, rejected).map(({ store_id, quarter, measure, n }) => [
      `${store_id} ${new Date(quarter).toISOString().slice(11, 16)} ${measure}`,
      n,
    ]),
  );
};

test('deliveries are counted by store and the quarter of an hour of their receipt', () => {
  expect(
    counted([
      { value: sampleEvent() },
      { value: sampleEvent(), received_at: NOW + 899_999 },
      { value: sampleEvent({ store_id: 'other' }) },
      { value: sampleEvent(), received_at: NOW + 900_000 },
      { value: sampleEvent(), received_at: NOW - 1 },
    ]),
  ).toEqual({
    'demo 12:00 delivered': 2,
    'other 12:00 delivered': 1,
    'demo 12:15 delivered': 1,
    'demo 11:45 delivered': 1,
  });
});

test('late is more than 24 h after the corrected time, and a clock is wrong from more than 2 s on, either way', () => {
  const day = 86_400_000;
  expect(
    counted([
      { value: sampleEvent({ occurred_at: NOW - day }) },
      { value: sampleEvent({ occurred_at: NOW - day - 1 }) },
      { value: sampleEvent({ occurred_at: NOW - day - 1, sent_at: NOW - 2_000 }) },
      // Its clock is a day behind: it happened just now.
      { value: sampleEvent({ occurred_at: NOW - day - 1, sent_at: NOW - day }) },
      { value: sampleEvent({ sent_at: NOW + 2_001 }) },
    ]),
  ).toEqual({
    'demo 12:00 delivered': 5,
    'demo 12:00 late': 2,
    'demo 12:00 clock_error': 2,
    'demo 12:00 clock_error_max_ms': day,
  });
});

test('junk ids count one by one, those that the collector has left out too', () => {
  const items = [{ product_id: 'p', variant_id: 'null', quantity: 1 }];
  expect(
    counted([
      { value: sampleEvent({ cart_id: 'undefined', session_id: '', items }) },
      { value: sampleEvent(), headers: { 'cartledger-junk-ids': '2' } },
      { value: sampleEvent(), headers: { 'cartledger-junk-ids': '1e9' } },
    ]),
  ).toEqual({ 'demo 12:00 delivered': 3, 'demo 12:00 junk_id': 5 });
});

test('a browser’s refund is counted, another is not', () => {
  const refund = { type: 'refund', order_id: 'o', items: undefined, amounts: { total: 5 } };
  expect(
    counted([{ value: sampleEvent(refund) }, { value: sampleEvent({ ...refund, refund_id: 'r', source: 'server' }) }]),
  ).toEqual({ 'demo 12:00 delivered': 2, 'demo 12:00 browser_refund': 1 });
});

test('what is rejected counts for the store it names, else for that of its key, else for none', () => {
  expect(
    counted([
      { value: sampleEvent({ type: 'x' }), key: 'other:v' },
      { value: '{', key: 'other:v' },
      { value: '{', key: 'nobody:v' },
      { value: '{' },
      { value: sampleEvent({ store_id: 'nobody' }), key: 'demo:v' },
      // From the future: counts now.
      { value: sampleEvent(), received_at: NOW + 2 * 86_400_000 },
    ]),
  ).toEqual({
    'demo 12:00 rejected:unknown_type': 1,
    'other 12:00 rejected:malformed_json': 1,
    ' 12:00 rejected:malformed_json': 2,
    ' 12:00 rejected:unknown_store': 1,
    'demo 12:00 rejected:too_far_ahead': 1,
  });
});

test('the process counts what landed by source, imports, repeats of an event, and junk ids by their path', () => {
  const items = [{ product_id: 'p', variant_id: 'null', quantity: 1 }];
  const { accepted } = taken([
    { value: sampleEvent({ event_id: 'a', items }) },
    { value: sampleEvent({ event_id: 'b', source: undefined }) },
    { value: sampleEvent({ event_id: 'a' }) },
    { value: sampleEvent({ event_id: 'a', visitor_id: 'another' }) },
    { value: sampleEvent({ event_id: 'a', store_id: 'other' }), headers: { 'cartledger-import': '1' } },
    { value: sampleEvent({ event_id: 'a' }) },
  ]);
  expect(summaryOf(accepted)).toEqual({
    bySource: [5, 1, 0, 0],
    imported: 1,
    repeated: 2,
    junk: ['items[0].variant_id'],
  } satisfies Summary);
});
