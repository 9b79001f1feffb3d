import { createHasher } from '@cartledger/events';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { createHistory, propertiesOf } from '@cartledger/history';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { add, event } from './aggregator-events.ts';
import { createWorld, type World } from './aggregator-world.ts';

const NOW = Date.parse('2027-02-01T00:00:00Z');
const hasher = await createHasher();

let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => NOW);
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('events come with what stages and breakdowns look at, and with no other property', async () => {
  const store_id = 'rich';
  await world.createStore(store_id);
  await world.deliver([
    add(0, {
      store_id,
      items: [{ product_id: 'A', category: 'Schuhe "Größe"', quantity: 2, unit_price: 500 }],
      campaign: { source: 'news', medium: 'mail', name: 'Frühling\n' },
      device: { type: 'phone', country: 'DE', user_agent: 'Mozilla/5.0 (x) "y"' },
      page: { url: 'https://shop.example/a', title: 'A' },
      properties: {
        plan: 'gold',
        score: 1.5,
        member: true,
        nothing: null,
        list: [1],
        secret: 'no',
        __proto__x: 1,
        ['__proto__']: 'own',
      },
    }),
    event(1, 'visit', { store_id }),
  ]);
  const definition = {
    ...DEFAULT_DEFINITION,
    breakdown_properties: ['plan', '__proto__'],
    stage_predicates: {
      scored: {
        type: 'visit' as const,
        properties: [
          { property: 'score', greater_than: 1 },
          { property: 'member', exists: true },
          { property: 'nothing', exists: true },
          { property: 'list', exists: true },
        ],
      },
    },
  };
  const properties = propertiesOf([{ from: null, definition }]);
  expect(new Set(properties)).toEqual(new Set(['__proto__', 'list', 'member', 'nothing', 'plan', 'score']));

  const history = createHistory(world.clickhouse);
  const visitor = hasher.visitorNode('v');
  const [rich, plain] = (await history.ofVisitors(store_id, [visitor], { properties })).sort(
    (a, b) => a.event_time - b.event_time,
  );
  expect(rich).toMatchObject({
    items: [{ product_id: 'A', category: 'Schuhe "Größe"', quantity: 2, unit_price: 500 }],
    campaign: { source: 'news', name: 'Frühling\n' },
    device: { type: 'phone', country: 'DE', user_agent: 'Mozilla/5.0 (x) "y"' },
    page: { path: 'https://shop.example/a' },
  });
  expect(new Map(Object.entries(rich?.properties ?? {}))).toEqual(
    new Map<string, unknown>([
      ['__proto__', 'own'],
      ['list', null],
      ['member', true],
      ['nothing', null],
      ['plan', 'gold'],
      ['score', 1.5],
    ]),
  );
  for (const absent of ['campaign', 'device', 'page', 'properties']) expect(plain).not.toHaveProperty(absent);
  const [unasked] = await history.ofVisitors(store_id, [visitor], { properties: [] });
  expect(unasked).not.toHaveProperty('properties');
});

test('a store is read in lists of whole components, each event once', async () => {
  const store_id = 'pages';
  await world.createStore(store_id);
  const deliveries = Array.from({ length: 60 }, (_, i) =>
    add(i, { store_id, visitor_id: `v${i % 15}`, ...(i % 5 === 0 && { cart_id: `c${i % 3}` }) }),
  );
  await world.deliver(deliveries);
  await using aggregator = world.aggregator();
  await aggregator.runOnce();
  const componentOf = new Map<string, number>();
  const seen: string[] = [];
  let list = 0;
  const pages = createHistory(world.clickhouse).ofStore(store_id, { properties: [], pageVisitors: 2, maxEvents: 5 });
  for await (const events of pages) {
    list++;
    for (const { event_id, visitor_id, cart_id } of events) {
      seen.push(event_id);
      for (const name of [visitor_id, cart_id]) {
        if (name === undefined) continue;
        expect(componentOf.get(name) ?? list).toBe(list);
        componentOf.set(name, list);
      }
    }
  }
  expect(list).toBeGreaterThan(3);
  expect(seen.length).toBe(deliveries.length);
  expect(new Set(seen)).toEqual(new Set(deliveries.map(({ event_id }) => event_id)));
});
