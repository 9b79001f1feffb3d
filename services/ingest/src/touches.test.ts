import { createBlockEncoder } from '@cartledger/clickhouse';
import { decodeBlock } from '@cartledger/clickhouse/testing';
import { createHasher } from '@cartledger/events';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKnownStores } from './scan/known-stores.ts';
import { orderOf } from './scan/order.ts';
import { createRows, type RowSet } from './scan/rows.ts';
import { createSlowRows } from './scan/slow-row.ts';
import { createTakeIn } from './take-in.ts';
import { eventRecord, NOW } from './testing/samples.ts';
import { encodeTouches, TOUCH_COLUMNS } from './touches.ts';

const stores = { get: () => ({ maxAgeDays: 400 }) };
const takeIn = createTakeIn({ stores, now: () => NOW });
const hasher = await createHasher();
const encoder = createBlockEncoder(TOUCH_COLUMNS);
const BATCH = '01234567-89ab-4def-8123-456789abcdef';

type Event = { store_id: string; visitor_id: string; cart_id?: string | undefined; order_id?: string | undefined };

const rowsOf = (events: readonly Event[]): RowSet => {
  const rows = createRows();
  const known = createKnownStores(stores, rows);
  const slow = createSlowRows(rows, hasher);
  for (const [offset, fields] of events.entries()) {
    const { value } = eventRecord({ ...fields, event_id: `e${offset}` });
    const taken = takeIn({ partition: 0, offset: BigInt(offset), timestamp: NOW, key: null, value, headers: {} });
    if (taken.outcome !== 'accepted') throw new Error(taken.rejection.message);
    slow.add(taken, offset, known.numberOf(fields.store_id));
  }
  return { rows, order: orderOf(rows) };
};

const id = (letter: string) => fc.constantFrom(`${letter}1`, `${letter}2`, `${letter}3`, 'same', 'Grüße');
const event = fc.record({
  store_id: fc.constantFrom('a', 'b'),
  visitor_id: id('v'),
  cart_id: fc.option(id('c'), { nil: undefined }),
  order_id: fc.option(id('o'), { nil: undefined }),
});

test('a visitor of a store is touched once a batch, with the nodes of every cart and order its events name', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 30 }), (events) => {
      const expected = new Map<string, Set<bigint>>();
      for (const { store_id, visitor_id, cart_id, order_id } of events) {
        const key = `${store_id} ${hasher.visitorNode(visitor_id)}`;
        const nodes = expected.get(key) ?? new Set();
        if (cart_id !== undefined) nodes.add(hasher.cartNode(cart_id));
        if (order_id !== undefined) nodes.add(hasher.orderNode(order_id));
        expected.set(key, nodes);
      }
      const touches = decodeBlock(encodeTouches(encoder, BATCH, rowsOf(events), hasher).bytes).rows;
      expect(touches.length).toBe(expected.size);
      for (const { batch_id, store_id, visitor_hash, neighbors } of touches) {
        expect(batch_id).toBe(BATCH);
        const nodes = Array.isArray(neighbors) ? neighbors : [];
        expect(new Set(nodes)).toEqual(expected.get(`${store_id} ${visitor_hash}`));
        expect(nodes.length).toBe(new Set(nodes).size);
      }
    }),
    { seed: 20_261_123, numRuns: 300 },
  );
});
