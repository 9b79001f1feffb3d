import { createHasher } from '@cartledger/events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventVersion, toEventRow } from './event-row.ts';
import { createTakeIn } from './take-in.ts';
import { eventRecord, NOW, sampleEvent } from './testing/samples.ts';

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test('of two deliveries the one received first, then the one of the smaller hash, has the larger version', () => {
  const delivery = fc.record({ at: fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }), hash });
  fc.assert(
    fc.property(delivery, delivery, (a, b) => {
      const first = a.at === b.at ? a.hash < b.hash : a.at < b.at;
      const same = a.at === b.at && a.hash === b.hash;
      expect(eventVersion(a.at, a.hash) > eventVersion(b.at, b.hash)).toBe(first && !same);
    }),
  );
});

test('an event that says little makes a row of defaults; an empty list of items is not the same as none', async () => {
  const hasher = await createHasher();
  const takeIn = createTakeIn({ stores: { get: () => ({ maxAgeDays: 400 }) }, now: () => NOW });
  const rowOf = (fields: Record<string, unknown>) => {
    const { value } = eventRecord(fields);
    const record = { partition: 2, offset: 77n, timestamp: NOW, key: null, value, headers: {} };
    const taken = takeIn(record);
    if (taken.outcome !== 'accepted') throw new Error(taken.rejection.message);
    return toEventRow(taken, { hasher, topicEpoch: 'life' });
  };
  const bare = { items: undefined, cart_id: undefined, currency: undefined, source: undefined };
  expect(rowOf({ ...bare, type: 'visit' })).toMatchObject({
    cart_id: '',
    currency: '',
    source: 'server',
    has_items: false,
    'items.product_id': [],
    amount_total: null,
    page: '',
    sent_at: null,
    received_at: NOW,
    visitor_hash: hasher.visitorNode('v1'),
    payload_hash: hasher.xxh64(JSON.stringify(sampleEvent({ ...bare, type: 'visit' }))),
    log_epoch: 'life',
    log_partition: 2,
    log_offset: 77n,
  });
  expect(rowOf({ type: 'cart_view', items: [] })).toMatchObject({ has_items: true, 'items.quantity': [] });
});
