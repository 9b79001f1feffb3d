import type { FunnelReport } from '@cartledger/funnel';
import { createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SHOP } from './reports-shop.ts';
import { createReportsWorld, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
let query: ReportQuery;
let ofLedger: Reports;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
  await world.createStore('shop', { stages: ['visit', 'add_to_cart', 'purchase'] });
  await world.take('shop', SHOP);
  query = await world.query('shop', { from: '2027-01-01', to: '2027-02-28' });
  ofLedger = createReports({ clickhouse: world.world.clickhouse }, { days: 'ledger' });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const allOf = (reports: Reports, asked: ReportQuery) =>
  Promise.all([
    reports.funnel(asked),
    reports.funnel({ ...asked, unit: 'session' }),
    reports.abandonment(asked),
    reports.revenue(asked),
    reports.revenue({ ...asked, refunds_on: 'order' }),
    reports.pipeline(asked),
  ]);

const PERIODS = [
  { from: '2027-01-01', to: '2027-02-28' },
  { from: '2027-01-06', to: '2027-01-13' },
  { from: '2027-02-28', to: '2027-02-28' },
  { from: '2026-12-01', to: '2026-12-30' },
];

const expectAlike = async (periods: readonly (typeof PERIODS)[number][]): Promise<void> => {
  for (const period of periods)
    expect(await allOf(world.reports, { ...query, ...period }), period.from).toEqual(
      await allOf(ofLedger, { ...query, ...period }),
    );
};

/** As if the aggregator had been killed between a write to the ledger and the rollup of the day. */
const fallBehind = async (day: string): Promise<void> => {
  const { clickhouse } = world.world;
  for (const [table, rollup] of [
    ['funnel_days', 'funnel'],
    ['cart_days', 'cart'],
    ['order_days', 'order'],
  ]) {
    const keys = table === 'funnel_days' ? 'store_id, funnel, day' : 'store_id, day';
    await clickhouse.command(`INSERT INTO ${table} (${keys}, version)
      SELECT DISTINCT ${keys}, version + 1 FROM ${table} FINAL WHERE store_id = 'shop' AND day = '${day}'`);
    await clickhouse.command(`INSERT INTO dirty_days (store_id, rollup, day, version, dirty)
      SELECT 'shop', '${rollup}', '${day}', max(version) + 1, true FROM dirty_days WHERE store_id = 'shop'`);
  }
};

test('reports read from rollups say what the ledger says, at any T', async () => {
  await expectAlike(PERIODS);
  const later = { ...query, as_of: Date.parse('2027-03-09T00:00:00Z') };
  expect(await allOf(world.reports, later)).toEqual(await allOf(ofLedger, later));
});

test('a report of counts alone says the same counts', async () => {
  const { times: _, products: __, last_pages: ___, last_products: ____, ...counts } = await ofLedger.abandonment(query);
  expect(await world.reports.abandonment({ ...query, only: 'counts' })).toMatchObject(counts);
  const units = (report: FunnelReport) => report.stages.map(({ units, units_any }) => [units, units_any]);
  const session = { ...query, unit: 'session' } as const;
  const quick = await world.reports.funnel({ ...session, only: 'counts' });
  expect(units(quick)).toEqual(units(await ofLedger.funnel(session)));
  expect(quick.stages[0]?.median_ms_to_next).toBeNull();
});

test('of days whose rollups are behind, the ledger is read', async () => {
  const before = await allOf(world.reports, query);
  for (const day of ['2027-01-05', '2027-01-11', '2027-02-28']) await fallBehind(day);
  expect(await allOf(world.reports, query)).toEqual(before);
  await expectAlike(PERIODS.slice(1, 2));
});

test('rollups are what is read of all other days', async () => {
  const before = await world.reports.funnel(query);
  await world.world.clickhouse.command(`INSERT INTO funnel_days (store_id, funnel, day, version)
    SELECT DISTINCT store_id, funnel, day, version + 1 FROM funnel_days FINAL WHERE store_id = 'shop' AND day = '2027-01-14'`);
  const after = await world.reports.funnel(query);
  expect(after.stages[0]?.units_any).toBe(before.stages[0]?.units_any);
  const alone = { ...query, from: '2027-01-14', to: '2027-01-14' };
  expect((await world.reports.funnel(alone)).stages[0]?.units).toBe(0);
  expect((await ofLedger.funnel(alone)).stages[0]?.units).toBe(1);
});

test('rollups of carts that are ahead of T are not read for it', async () => {
  const { clickhouse } = world.world;
  const early = { ...query, as_of: Date.parse('2027-03-01T00:00:00Z') };
  const before = await world.reports.abandonment(early);
  expect(before.carts).toMatchObject({ active: 1, idle: 1, abandoned: 1 });
  // As if an event of April had come, and the store's state were still to be written.
  await clickhouse.command(`INSERT INTO cart_days SELECT * REPLACE (version + 1 AS version, toDateTime64('2027-04-01', 3, 'UTC') AS settled_at,
      arrayMap(at -> toDateTime64(0, 3, 'UTC'), \`cells.last_activity_at\`) AS \`cells.last_activity_at\`)
    FROM cart_days FINAL WHERE store_id = 'shop' AND day = '2027-02-28'`);
  expect(await world.reports.abandonment(early)).toEqual(before);
});
