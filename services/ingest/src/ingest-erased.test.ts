import { EVENTS_TOPIC } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { expect, test } from 'vitest';
import { createHarness, type Harness, until } from './testing/harness.ts';
import { eventRecord, NOW, rawRecord } from './testing/samples.ts';
import { deadReasons, ids, start } from './testing/started.ts';

const hasher = await createHasher();
const ERASED = 'cartledger_ingest_events_erased_total';

const bury = (h: Harness, kind: 'visitor' | 'customer', id: string, up_to = NOW, store_id = 'demo'): void => {
  const hash = kind === 'visitor' ? hasher.visitorNode(id) : hasher.customerHash(id);
  h.tombstones.push({ number: h.tombstones.length + 1, store_id, kind, hash, up_to });
};

test('what happened up to an erasure is neither kept nor dead-lettered nor counted, scanned or parsed', async () => {
  const h = createHarness();
  h.storeIds.push('other');
  bury(h, 'visitor', 'gone');
  bury(h, 'customer', 'left');
  const gone = { visitor_id: 'gone' };
  h.fakeLog.append(EVENTS_TOPIC, [
    eventRecord({ event_id: 'scanned', ...gone }),
    // Not plain for the scanner: parsed.
    eventRecord({ event_id: 'parsed', ...gone, page: { title: '\u2028 "quoted"' } }),
    eventRecord({ event_id: 'customer', customer_id: 'left' }),
    eventRecord({ event_id: 'parsed-customer', customer_id: 'left', page: { title: '"quoted"' } }),
    eventRecord({ event_id: 'bad', ...gone, currency: 'XXL' }),
    { ...rawRecord('{"half'), key: 'demo:gone' },
    eventRecord({ event_id: 'imported', ...gone }, NOW + 60_000),
    eventRecord({ event_id: 'other-store', store_id: 'other', ...gone }),
    eventRecord({ event_id: 'bad-too', currency: 'XXL' }),
    eventRecord({ event_id: 'after', ...gone, occurred_at: NOW + 1 }, NOW + 1),
    eventRecord({ event_id: 'another', customer_id: 'stays' }),
  ]);
  await start(h);
  await h.settle();
  expect(ids(h)).toEqual(['after', 'another', 'other-store']);
  expect(deadReasons(h).size).toBe(1);
  expect(await h.metric(ERASED)).toBe(7);
  expect(await h.metric('cartledger_ingest_events_total')).toBe(3);
  expect(h.store.written.touches).toHaveLength(3);
  const counted = h.store.written.intake.filter(({ measure }) => measure === 'delivered');
  expect(counted.reduce((sum, { counted: n }) => sum + Number(n), 0)).toBe(3);
});

test('a batch that waits for the store is begun anew when somebody is erased: what it held before is not written', async () => {
  const h = createHarness();
  let down = true;
  let tries = 0;
  h.store.hooks.beforeInsert = (table) => {
    if (table !== 'events' || !down) return;
    tries += 1;
    throw Object.assign(new Error('the store is down'), { code: 'ECONNREFUSED' });
  };
  h.fakeLog.append(EVENTS_TOPIC, [eventRecord({ event_id: 'a', visitor_id: 'gone' }), eventRecord({ event_id: 'b' })]);
  await start(h);
  await until(() => tries > 1, h.fakeLog.deliver);
  bury(h, 'visitor', 'gone');
  h.clock.now += 1;
  const before = tries;
  await until(() => tries > before + 2, h.fakeLog.deliver);
  down = false;
  await h.settle();
  expect(ids(h)).toEqual(['b']);
  expect(await h.metric(ERASED)).toBe(1);
});
