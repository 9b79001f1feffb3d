import { createReports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const FEBRUARY = { from: '2027-02-01', to: '2027-02-28' };
const STAGES = ['visit', 'product_view', 'add_to_cart', 'purchase'];
const DAILY = { unit: 'visitor', mode: 'any', window_ms: 86_400_000 } as const;

const life = (visitor_id: string) => [
  at('2027-02-01T10:00:00', 'visit', { visitor_id }),
  at('2027-02-01T10:01:00', 'product_view', { visitor_id }),
  at('2027-02-01T10:02:00', 'add_to_cart', { visitor_id, items: [item('p', 100)] }),
];
const bits = async (store_id: string) => {
  const report = await world.reports.funnel(await world.query(store_id, FEBRUARY));
  return {
    stages: report.stages.map(({ stage, units, units_any }) => [stage, units, units_any]),
    versions: report.definition_versions,
    warnings: report.warnings.map(({ code }) => code),
  };
};

test('until a new definition is worked in, all reports stand as the old one counts, and say so', async () => {
  await world.createStore('pending', { stages: STAGES });
  await world.take('pending', life('a'));
  const before = await bits('pending');
  expect(before).toMatchObject({ versions: [1], stages: expect.arrayContaining([['add_to_cart', 1, 1]]) });
  const { stores } = world.world.control;
  // Nobody works it in: stages one longer, and a default funnel of which there is no row.
  await stores.define('pending', { stages: ['visit', 'custom:search', ...STAGES.slice(1)], funnels: [DAILY] }, null);
  const asked = await world.query('pending', FEBRUARY);
  expect(asked.definition.version).toBe(2);
  expect(await bits('pending')).toEqual({ ...before, warnings: [...before.warnings, 'definition_pending'] });
  const pipeline = await world.reports.pipeline(asked);
  expect(pipeline.definition_versions).toEqual([1]);
  expect(pipeline.stages.map(({ stage, conversion_from_first }) => [stage, conversion_from_first])).toEqual([
    ['visit', 1],
    ['product_view', 1],
    ['add_to_cart', 1],
    ['purchase', 0],
  ]);
  const explained = await world.reports.explain('funnel', asked, { figure: 'stage=add_to_cart' });
  expect(explained).toMatchObject({ count: 1, definition_versions: [1] });
  const { breakdown } = await world.reports.funnel({ ...asked, breakdown: 'device' });
  expect(breakdown?.values[0]?.stages.map(({ units }) => units)).toEqual([1, 1, 1, 0]);
  for (const report of [await world.reports.abandonment(asked), await world.reports.revenue(asked)])
    expect(report.definition_versions).toEqual([1]);
  // Asked for by its number it is computed from the events.
  const newest = await world.reports.funnel({ ...asked, definition_version: 2 });
  expect(newest.definition_versions).toEqual([2]);
  expect(newest.stages.map(({ units_any }) => units_any)).toEqual([1, 0, 1, 1, 0]);
});

test('while a rebuild is under way its rows are not read as if they were old ones', async () => {
  await world.createStore('halfway', { stages: STAGES });
  await world.take('halfway', [...life('a'), ...life('b')]);
  const before = await bits('halfway');
  const { clickhouse, control } = world.world;
  await control.stores.define('halfway', { stages: ['visit', 'custom:search', ...STAGES.slice(1)] }, null);
  // As after the first page: what a did is counted by version 2, and the day is dirty.
  await clickhouse.command(`INSERT INTO dirty_days (store_id, rollup, day, version, dirty)
    SELECT store_id, rollup, day, version + 1, true FROM dirty_days FINAL WHERE store_id = 'halfway'`);
  await clickhouse.command(`INSERT INTO ledger_rows
    SELECT * REPLACE (version + 1 AS version, 2 AS definition_version, toUInt32(13) AS hit, toUInt32(13) AS any)
    FROM ledger_rows FINAL WHERE store_id = 'halfway' AND kind = 'journey' AND visitor_id = 'a'`);
  expect(await bits('halfway')).toEqual({ ...before, warnings: [...before.warnings, 'definition_pending'] });
  const asked = await world.query('halfway', FEBRUARY);
  const { breakdown } = await world.reports.funnel({ ...asked, breakdown: 'device' });
  expect(breakdown?.values[0]?.stages.map(({ units }) => units)).toEqual([1, 1, 1, 0]);
});

test('refunds whose ids look alike when they are printed are listed each once, page by page', async () => {
  await world.createStore('alike');
  const refund = (order_id: string, refund_id: string) =>
    at('2027-02-03T10:00:00', 'refund', { source: 'webhook', order_id, refund_id, amounts: { total: 10 } });
  await world.take('alike', [refund('a b', 'c'), refund('a', 'b c')]);
  const asked = await world.query('alike', FEBRUARY);
  const figure = 'currency=EUR,orders=refunds';
  const first = await world.reports.explain('revenue', asked, { figure, limit: 1 });
  expect(first).toMatchObject({ count: 2, next_cursor: expect.any(String) });
  const second = await world.reports.explain('revenue', asked, { figure, limit: 1, cursor: first.next_cursor ?? '' });
  expect(second.rows).toHaveLength(1);
  expect(second.next_cursor).toBeNull();
});

test('reports of carts are not counted by one version: they say so', async () => {
  await world.createStore('one');
  await world.take('one', life('a'));
  const asked = await world.query('one', { ...FEBRUARY, definition_version: 1 });
  const reports = createReports({ clickhouse: world.world.clickhouse });
  const refused = { code: 'bad_definition_version', field: 'definition_version' };
  await expect(reports.abandonment(asked)).rejects.toMatchObject(refused);
  await expect(reports.revenue(asked)).rejects.toMatchObject(refused);
  await expect(reports.explain('revenue', asked, { figure: 'currency=EUR,figure=timing' })).rejects.toMatchObject(
    refused,
  );
  expect((await reports.pipeline(asked)).definition_versions).toEqual([1]);
});
