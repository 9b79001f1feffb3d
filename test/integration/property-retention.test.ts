/**
 * Generated histories of which retention has removed what it may: reports of the days that are kept are what the reference
 * engine says of what is left, and totals of the days before are what they were.
 */
import type { Store } from '@cartledger/control';
import { type Delivery, eventTime } from '@cartledger/events';
import { createCalendar, DAY_MS, firstDayFrom } from '@cartledger/funnel';
import { createReports, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createWorld, type World } from './aggregator-world.ts';
import { told } from './property-check.ts';
import { findingsOf, KINDS } from './property-findings.ts';
import { ARRIVALS, type History, historyOf, replay, seedsOf } from './property-history.ts';
import { createStore, fxRates, loadRates } from './property-stores.ts';

/** Behind all histories: what is kept goes by what was taken in. */
const NOW = Date.parse('2040-01-01T00:00:00Z');
/** Runs in which retention comes to its end, of all stores side by side. */
const MAX_RUNS = 300;

let world: World;
let reports: Reports;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => NOW);
  reports = createReports({ clickhouse: world.clickhouse });
  await loadRates(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const storeOf = (seed: number): string => `retained-${seed}`;

const horizonsOf = async (): Promise<Map<string, number>> => {
  const rows = await world.clickhouse.query(
    {
      name: 'test.horizons',
      sql: 'SELECT store_id, toUnixTimestamp64Milli(max(removed_before)) AS before FROM retention GROUP BY store_id',
      params: z.object({}),
      row: z.object({ store_id: z.string(), before: z.coerce.number() }),
    },
    {},
  );
  return new Map(rows.map(({ store_id, before }) => [store_id, before]));
};

const visitorsLeft = async (): Promise<Map<string, Set<string>>> => {
  const rows = await world.clickhouse.query(
    {
      name: 'test.left',
      sql: 'SELECT store_id, groupUniqArray(visitor_id) AS visitors FROM events GROUP BY store_id',
      params: z.object({}),
      row: z.object({ store_id: z.string(), visitors: z.array(z.string()) }),
    },
    {},
  );
  return new Map(rows.map(({ store_id, visitors }) => [store_id, new Set(visitors)]));
};

/** Deliveries that hang together by visitors, cart ids and order ids. */
const componentsOf = (deliveries: readonly Delivery[]): Delivery[][] => {
  const names = ({ visitor_id, cart_id, order_id }: Delivery): string[] => [
    `v ${visitor_id}`,
    ...(cart_id === undefined ? [] : [`c ${cart_id}`]),
    ...(order_id === undefined ? [] : [`o ${order_id}`]),
  ];
  let components: { names: Set<string>; all: Delivery[] }[] = [];
  for (const delivery of deliveries) {
    const own = new Set(names(delivery));
    const joined = components.filter((component) => !component.names.isDisjointFrom(own));
    const one = {
      names: joined.reduce((all, component) => all.union(component.names), own),
      all: [...joined.flatMap(({ all }) => all), delivery],
    };
    components = [...components.filter((component) => !joined.includes(component)), one];
  }
  return components.map(({ all }) => all);
};

/** What is wrong about who is left: whoever was heard of since has to be, and so may be the orders of who has ordered since. */
const wronglyKept = (deliveries: readonly Delivery[], left: ReadonlySet<string>, before: number): string[] => {
  const since = deliveries.filter((delivery) => eventTime(delivery) >= before);
  const customers = new Set(since.flatMap(({ type, customer_id }) => (type === 'purchase' ? (customer_id ?? []) : [])));
  return componentsOf(deliveries).flatMap((component) => {
    const isHeard = component.some((delivery) => eventTime(delivery) >= before);
    const mayStay = component.some(({ customer_id }) => customer_id !== undefined && customers.has(customer_id));
    const kept = component.filter(({ visitor_id }) => left.has(visitor_id)).length;
    const who = component[0]?.visitor_id ?? '';
    if (isHeard && kept < component.length) return [`${who} is gone and was heard of`];
    if (!isHeard && !mayStay && kept > 0) return [`${who} is there and was not heard of`];
    return kept > 0 && kept < component.length ? [`a part of ${who} is gone`] : [];
  });
};

const totalsOf = async ({ store_id, definition, versions }: Store, from: string, to: string, as_of: number) => {
  const query = { store_id, definition, versions, from, to, as_of };
  const { currencies } = await reports.revenue(query);
  const { definition_versions: _, warnings: __, ...counts } = await reports.abandonment({ ...query, only: 'counts' });
  return { currencies, counts };
};

test('reports of the days that are kept equal the reference over what is left, and totals before stand still', async () => {
  const histories = seedsOf(5, Math.min(ARRIVALS, 120)).map(historyOf);
  const stores = new Map<number, Store>();
  for (const { seed, versions } of histories) stores.set(seed, await createStore(world, storeOf(seed), versions));
  await world.deliver(
    histories.flatMap(({ seed, deliveries }) => deliveries.map((d) => ({ ...d, store_id: storeOf(seed) }))),
  );
  await using aggregator = world.aggregator();
  while ((await aggregator.runOnce()) !== 'done');

  const lastOf = ({ deliveries }: History): number => Math.max(...deliveries.map(eventTime));
  const dayOf = ({ seed }: History, at: number): string =>
    createCalendar(stores.get(seed)?.definition.time_zone ?? 'UTC').dayOf(at);
  const before = new Map<number, { from: string; to: string; totals: Awaited<ReturnType<typeof totalsOf>> }>();
  for (const history of histories) {
    const { seed, deliveries, random } = history;
    const store = stores.get(seed);
    if (!store) throw new Error('no store');
    const retention_days = 9 + random.below(150);
    const from = dayOf(history, Math.min(...deliveries.map(eventTime)));
    const to = dayOf(history, lastOf(history) - (retention_days + 2) * DAY_MS);
    if (from <= to) before.set(seed, { from, to, totals: await totalsOf(store, from, to, lastOf(history)) });
    const keeps = { max_age_days: 8, retention_days };
    stores.set(seed, await world.control.stores.define(storeOf(seed), keeps, null));
  }
  const isThrough = async (): Promise<boolean> =>
    JSON.stringify(await world.control.state.get('aggregator/retention')) === '{}';
  for (let run = 0; run < 5 || !(await isThrough()); run++) {
    expect(run).toBeLessThan(MAX_RUNS);
    await aggregator.runOnce();
  }

  const [horizons, left] = [await horizonsOf(), await visitorsLeft()];
  const found: Record<string, string[]> = {};
  let removed = 0;
  for (const history of histories) {
    const { seed, deliveries, random } = history;
    const store = stores.get(seed);
    const horizon = horizons.get(storeOf(seed));
    if (!store || horizon === undefined) throw new Error(`nothing of ${seed} was frozen`);
    const own = left.get(storeOf(seed)) ?? new Set();
    const kept = deliveries.filter(({ visitor_id }) => own.has(visitor_id));
    removed += deliveries.length - kept.length;
    const keptFrom = firstDayFrom(createCalendar(store.definition.time_zone), horizon);
    const asOf = lastOf(history);
    const question = { asOf, from: keptFrom, to: dayOf(history, asOf), whole: false };
    const wrong = wronglyKept(deliveries, own, horizon);
    const findings = await findingsOf({ reports, store, deliveries: kept, question, fxRates, random }, KINDS);
    const was = before.get(seed);
    if (was && was.to < keptFrom)
      expect(await totalsOf(store, was.from, was.to, asOf), replay(seed)).toEqual(was.totals);
    if (wrong.length > 0 || findings.length > 0) found[replay(seed)] = [...wrong, ...told(question, findings)];
  }
  expect(found).toEqual({});
  expect(removed).toBeGreaterThan(0);
  await aggregator.stop();
}, 600_000);
