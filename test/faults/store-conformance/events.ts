import { createEvents } from '@cartledger/history';
import { EVENT_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import type { Suite } from './harness.ts';
import { type EventRow, eventRow, hasher, NOON } from './samples.ts';

export const eventsSection = (suite: Suite): void => {
  const insert = (...rows: EventRow[]): Promise<void> => suite.clickhouse.insertNative('events', EVENT_COLUMNS, rows);

  const load = async (store_id: string, visitors: readonly string[], names: readonly string[] = []) => {
    const places = new Map([[store_id, visitors.map(hasher.visitorNode)]]);
    const loaded = (await createEvents(suite.clickhouse).load(places, names)).get(store_id) ?? [];
    return loaded
      .map(({ event }) => event)
      .toSorted((a, b) => (`${a.event_id} ${a.occurred_at}` < `${b.event_id} ${b.occurred_at}` ? -1 : 1));
  };
  const count = async (store_id: string, visitor: string): Promise<number> => {
    const node = hasher.visitorNode(visitor);
    const counts = await createEvents(suite.clickhouse).counts(new Map([[store_id, [node]]]));
    return counts.get(store_id)?.get(node) ?? 0;
  };

  describe('events', () => {
    test.each([
      [1n, 2n, 3n],
      [3n, 2n, 1n],
      [2n, 3n, 1n],
    ])('of deliveries in versions %s, %s, %s the largest is kept, before and after a merge', async (...versions) => {
      const store_id = suite.newStore();
      const row = { store_id, visitor_id: 'v', event_id: 'e' };
      for (const version of versions) await insert(eventRow({ ...row, version, customer_id: `version-${version}` }));
      for (const merged of [false, true]) {
        if (merged) await suite.merge('events');
        expect((await load(store_id, ['v'])).map((event) => event.customer_id)).toEqual(['version-3']);
      }
      expect(await count(store_id, 'v')).toBe(1);
    });

    test('versions are compared in all their 128 bits', async () => {
      const store_id = suite.newStore();
      const row = { store_id, visitor_id: 'v', event_id: 'e' };
      await insert(eventRow({ ...row, version: (2n ** 63n) << 64n, customer_id: 'larger' }));
      await insert(eventRow({ ...row, version: ((2n ** 63n) << 64n) - 1n, customer_id: 'smaller' }));
      expect((await load(store_id, ['v'])).map((event) => event.customer_id)).toEqual(['larger']);
    });

    test('of equal versions one is kept, the last that came', async () => {
      const store_id = suite.newStore();
      const row = { store_id, visitor_id: 'v', event_id: 'e', version: 7n };
      for (const customer_id of ['first', 'second', 'third']) await insert(eventRow({ ...row, customer_id }));
      expect((await load(store_id, ['v'])).map((event) => event.customer_id)).toEqual(['third']);
    });

    test('repeats within a block are one row at once', async () => {
      const store_id = suite.newStore();
      const row = { store_id, visitor_id: 'v', event_id: 'e' };
      await insert(
        eventRow({ ...row, version: 2n, customer_id: 'kept' }),
        eventRow({ ...row, version: 1n, customer_id: 'repeated' }),
      );
      expect(await count(store_id, 'v')).toBe(1);
      expect((await load(store_id, ['v'])).map((event) => event.customer_id)).toEqual(['kept']);
    });

    test('an id in two months is two events, in one block and in two, also in years that share a partition', async () => {
      const store_id = suite.newStore();
      const months = [
        Date.UTC(2026, 4, 31, 23, 59, 59, 999),
        Date.UTC(2026, 5, 1),
        Date.UTC(1999, 0, 1),
        Date.UTC(1999, 1, 1),
      ];
      await insert(...months.map((occurred_at) => eventRow({ store_id, visitor_id: 'v', event_id: 'e', occurred_at })));
      const later = [Date.UTC(2120, 0, 1), Date.UTC(2014, 11, 31)];
      for (const occurred_at of later)
        await insert(eventRow({ store_id, visitor_id: 'v', event_id: 'e', occurred_at }));
      for (const merged of [false, true]) {
        if (merged) await suite.merge('events');
        expect((await load(store_id, ['v'])).map((event) => event.occurred_at).toSorted((a, b) => a - b)).toEqual(
          [...months, ...later].toSorted((a, b) => a - b),
        );
      }
    });

    test('events of two stores, visitors or ids are events of their own', async () => {
      const [store_id, other] = [suite.newStore(), suite.newStore()];
      await insert(
        eventRow({ store_id, visitor_id: 'v', event_id: 'e' }),
        eventRow({ store_id, visitor_id: 'w', event_id: 'e' }),
        eventRow({ store_id, visitor_id: 'v', event_id: 'f' }),
        eventRow({ store_id: other, visitor_id: 'v', event_id: 'e' }),
      );
      expect(await load(store_id, ['v', 'w'])).toHaveLength(3);
      expect(await load(other, ['v', 'w'])).toHaveLength(1);
      expect([await count(store_id, 'v'), await count(store_id, 'w'), await count(store_id, 'x')]).toEqual([2, 1, 0]);
    });

    test('a block of no rows writes nothing', async () => {
      await insert();
    });

    test('what was written comes back, from nothing sent to everything', async () => {
      const store_id = suite.newStore();
      const many = Array.from({ length: 500 }, (_, i) => i);
      await insert(
        eventRow({ store_id, visitor_id: 'v', event_id: '1-nothing', has_items: true }),
        eventRow({
          store_id,
          visitor_id: 'v',
          event_id: '2-all',
          type: 'purchase',
          session_id: 's',
          customer_id: 'Zoë 😀',
          cart_id: 'c',
          order_id: 'o',
          refund_id: 'r',
          kind: 'chargeback',
          revision: 4_294_967_295,
          test: true,
          channel: 'shop "1"\n',
          checkout_step: 'payment',
          currency: 'KWD',
          cart_snapshot: true,
          payload_hash: 2n ** 64n - 1n,
          amount_items: 9_007_199_254_740_991,
          amount_discount: -1,
          amount_tax: 0,
          friction_code: 'declined',
          source: 'webhook',
        }),
        eventRow({
          store_id,
          visitor_id: 'v',
          event_id: '3-items',
          has_items: true,
          'items.product_id': many.map((i) => `p${i}`),
          'items.variant_id': many.map((i) => (i % 2 === 0 ? '' : `v${i}`)),
          'items.name': many.map((i) => (i % 3 === 0 ? `Töpfe "${i}"` : '')),
          'items.category': many.map(() => ''),
          'items.quantity': many.map((i) => i + 1),
          'items.unit_price': many.map((i) => (i % 5 === 0 ? null : i)),
        }),
      );
      const [nothing, all, items] = await load(store_id, ['v']);
      expect(nothing).toEqual({
        store_id,
        event_id: '1-nothing',
        type: 'visit',
        event_time: NOON,
        occurred_at: NOON,
        received_at: NOON,
        payload_hash: 1n,
        visitor_id: 'v',
        source: 'browser',
        items: [],
      });
      expect(all).toMatchObject({
        customer_id: 'Zoë 😀',
        kind: 'chargeback',
        revision: 4_294_967_295,
        test: true,
        channel: 'shop "1"\n',
        checkout_step: 'payment',
        cart_snapshot: true,
        payload_hash: 2n ** 64n - 1n,
        amounts: { items: 9_007_199_254_740_991, discount: -1, tax: 0 },
        friction: { code: 'declined' },
        source: 'webhook',
      });
      expect(items?.items).toHaveLength(500);
      expect(items?.items?.[3]).toEqual({
        product_id: 'p3',
        quantity: 4,
        variant_id: 'v3',
        name: 'Töpfe "3"',
        unit_price: 3,
      });
    });

    test('of the context what reports ask for is read, and what is no JSON object says nothing', async () => {
      const store_id = suite.newStore();
      const context = [
        { page: '{"url":"https://shop.example/p\\u00e4th?q=\\"1\\"","path":"/päth"}' },
        { page: '{"url":"https://shop.example/"}', campaign: '{"name":"spring","source":"mail","term":"x"}' },
        { page: '{"path":', campaign: '', device: '"phone"' },
        { page: 'null', campaign: '7', device: '{}' },
        { device: '{"user_agent":"Mozilla/5.0 (compatible)","country":"DE","type":"phone","more":{"a":[1]}}' },
      ];
      await insert(...context.map((fields, i) => eventRow({ store_id, visitor_id: 'v', event_id: `${i}`, ...fields })));
      const loaded = await load(store_id, ['v']);
      expect(loaded.map(({ page, campaign, device }) => ({ page, campaign, device }))).toEqual([
        { page: { path: '/päth' } },
        { page: { path: 'https://shop.example/' }, campaign: { source: 'mail', name: 'spring' } },
        {},
        {},
        { device: { type: 'phone', country: 'DE', user_agent: 'Mozilla/5.0 (compatible)' } },
      ]);
    });

    test('of the own properties those that are asked for are read', async () => {
      const store_id = suite.newStore();
      const properties = {
        plan: 'gold/"ü"\n',
        n: 1.5e21,
        small: -0.1,
        flag: false,
        none: null,
        deep: { a: [1, { b: 2 }] },
        'odd name': '1',
        unasked: 'x',
      };
      await insert(
        eventRow({ store_id, visitor_id: 'v', event_id: '0', properties: JSON.stringify(properties) }),
        eventRow({ store_id, visitor_id: 'v', event_id: '1', properties: '{"plan":' }),
        eventRow({ store_id, visitor_id: 'v', event_id: '2' }),
      );
      const names = Object.keys(properties).filter((name) => name !== 'unasked');
      const { unasked, ...asked } = properties;
      const loaded = await load(store_id, ['v'], [...names, 'missing']);
      expect(loaded.map((event) => event.properties)).toEqual([
        { ...asked, none: null, deep: null },
        undefined,
        undefined,
      ]);
    });

    test('the hub is the id that most visitors share, then the one with most events', async () => {
      const store_id = suite.newStore();
      const row = (visitor_id: string, event_id: string, fields: Partial<EventRow> = {}) =>
        eventRow({ store_id, visitor_id, event_id, ...fields });
      const { hub } = createEvents(suite.clickhouse);
      const nodes = ['a', 'b', 'c'].map(hasher.visitorNode);
      await insert(row('a', '1'), row('a', '2'), row('b', '1'));
      expect(await hub(store_id, nodes)).toEqual({ name: 'visitor_id', id: 'a' });
      await insert(
        row('b', '2', { cart_id: 'shared' }),
        row('c', '1', { cart_id: 'shared' }),
        row('c', '2', { order_id: 'o' }),
      );
      expect(await hub(store_id, nodes)).toEqual({ name: 'cart_id', id: 'shared' });
      expect(await hub(suite.newStore(), nodes)).toBeNull();
    });
  });
};
