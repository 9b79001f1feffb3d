import type { ClickHouse } from '@cartledger/clickhouse';
import { FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import { createReports, type ReportQuery } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

const HOUR = 3_600_000;
const KEPT = FUNNEL_UNITS.flatMap((unit) => FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: HOUR })));

/** Eight visitors over ten days, each with a road of his own. */
const ROADS = Array.from({ length: 40 }, (_, i) => {
  const day = `2027-01-${String(1 + (i % 10)).padStart(2, '0')}`;
  const visitor_id = `v${i % 8}`;
  const campaign = { source: ['mail', 'search', 'social'][i % 3] as string };
  const visit = at(`${day}T10:00:00`, 'visit', { visitor_id, campaign });
  const view = at(`${day}T10:0${i % 6}:00`, 'product_view', { visitor_id, items: [{ product_id: 'A', quantity: 1 }] });
  const add = at(`${day}T10:10:00`, 'add_to_cart', { visitor_id, items: [item('A', 500)] });
  const order = at(`${day}T10:20:00`, 'purchase', {
    visitor_id,
    order_id: `o${i}`,
    source: 'browser',
    amounts: { total: 500 },
  });
  return [visit, ...(i % 2 ? [view] : []), ...(i % 3 ? [add] : []), ...(i % 5 ? [] : [order])];
}).flat();

let world: ReportsWorld;
let keeping: ReportQuery;
let lean: ReportQuery;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
  await world.createStore('keeping', { funnels: KEPT });
  await world.createStore('lean', { funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: 7 * 24 * HOUR }] });
  await world.take('keeping', ROADS);
  await world.take('lean', ROADS);
  const period = { from: '2027-01-02', to: '2027-01-09' };
  keeping = await world.query('keeping', period);
  lean = await world.query('lean', period);
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a funnel computed from the events says what the same funnel kept in the ledger says', async () => {
  const asked = [
    ...KEPT.map((funnel) => ({ ...funnel, breakdown: 'source', breakdown_values: 1 }) as const),
    { unit: 'visitor', mode: 'any', window_ms: HOUR, breakdown: 'product' } as const,
    { unit: 'visitor', mode: 'ordered', window_ms: HOUR } as const,
  ];
  for (const each of asked) {
    const kept = await world.reports.funnel({ ...keeping, ...each });
    const computed = await world.reports.funnel({ ...lean, ...each });
    expect([computed.stages, computed.breakdown], JSON.stringify(each)).toEqual([kept.stages, kept.breakdown]);
    expect(kept.warnings.map(({ code }) => code)).not.toContain('computed_on_demand');
    const hint = computed.warnings.find(({ code }) => code === 'computed_on_demand');
    expect(hint?.message).toContain(`: - {unit: ${each.unit}, mode: ${each.mode}, window: ${each.window_ms / HOUR}h}`);
  }
});

test('what stands behind a computed funnel is listed as if it were kept', async () => {
  const asked = { unit: 'session', mode: 'open', window_ms: HOUR, breakdown: 'source', breakdown_values: 1 } as const;
  for (const figure of [
    'stage=visit',
    'stage=product_view,figure=units_any',
    'stage=visit,figure=dropped',
    'stage=visit,value=other',
    'stage=visit,value=mail',
  ]) {
    const listed = async (query: ReportQuery) => {
      const first = await world.reports.explain('funnel', { ...query, ...asked }, { figure, limit: 3 });
      const cursor = first.next_cursor ?? undefined;
      const next = await world.reports.explain('funnel', { ...query, ...asked }, { figure, limit: 3, cursor });
      return [first.count, first.rows, cursor === undefined ? [] : next.rows];
    };
    expect(await listed(lean), figure).toEqual(await listed(keeping));
  }
});

test('the days of another version are counted by the version asked for', async () => {
  await world.createStore('changed', { stages: ['visit', 'purchase'] });
  await world.take('changed', ROADS);
  await world.define('changed', { stages: ['visit', 'add_to_cart', 'purchase'] }, '2027-01-06');
  const asked = await world.query('changed', { from: '2027-01-02', to: '2027-01-09', definition_version: 2 });
  const report = await world.reports.funnel(asked);
  expect(report.definition_versions).toEqual([2]);
  // The same stages for all history make the ledger say it.
  await world.define('changed', { stages: ['visit', 'add_to_cart', 'purchase'] }, null);
  const kept = await world.reports.funnel(await world.query('changed', { from: '2027-01-02', to: '2027-01-09' }));
  expect(kept.stages).toEqual(report.stages);
});

test('a store with too many events is told to keep the funnel', async () => {
  const small = createReports({ clickhouse: world.world.clickhouse }, { onDemand: { maxEvents: 10 } });
  await expect(small.funnel({ ...lean, mode: 'strict' })).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining('add it to the funnels of the store file: - {unit: visitor, mode: strict'),
  });
});

test('a computation whose caller has gone is given up', async () => {
  const gone = AbortSignal.abort(new Error('gone'));
  await expect(world.reports.funnel({ ...lean, mode: 'any', window_ms: 5 }, { signal: gone })).rejects.toThrow('gone');
});

test('an answer is remembered until an event comes in, also one that no ledger row tells of', async () => {
  await world.createStore('remembered', {
    stages: ['visit', 'wish'],
    stage_predicates: { wish: { type: 'custom:wish', properties: [] } },
  });
  const visit = at('2027-01-03T10:00:00', 'visit', { visitor_id: 'a' });
  await world.take('remembered', [visit]);
  await world.define('remembered', { stages: ['visit', 'purchase'], stage_predicates: {} }, null);
  const asked = await world.query('remembered', { from: '2027-01-02', to: '2027-01-09', definition_version: 1 });
  let walks = 0;
  const { clickhouse } = world.world;
  const counting: ClickHouse = {
    ...clickhouse,
    query: (query, params) => {
      if (query.name === 'history.visitors') walks++;
      return clickhouse.query(query, params);
    },
  };
  const reports = createReports({ clickhouse: counting });
  const units = async () => (await reports.funnel(asked)).stages.map(({ stage, units }) => `${stage} ${units}`);
  expect(await units()).toEqual(['visit 1', 'wish 0']);
  expect(await units()).toEqual(['visit 1', 'wish 0']);
  expect(walks).toBe(1);
  const written = () => world.world.ledger('remembered');
  const before = await written();
  // Version 2 has no such stage: what its ledger says stays as it is, to the last row.
  await world.take('remembered', [at('2027-01-03T10:05:00', 'custom:wish', { visitor_id: 'a' })]);
  expect(await written()).toEqual(before);
  expect(await units()).toEqual(['visit 1', 'wish 1']);
  expect(walks).toBe(2);
});

test('an answer is not remembered when the same payload turns out to have come in earlier', async () => {
  await world.createStore('earlier', { stages: ['visit', 'product_view'] });
  const visit = at('2027-01-03T10:00:00', 'visit', { visitor_id: 'a' });
  const view = at('2027-01-03T10:30:00', 'product_view', { visitor_id: 'a', items: [item('A', 1)] });
  await world.take('earlier', [visit, view]);
  const asked = await world.query('earlier', { from: '2027-01-02', to: '2027-01-09', mode: 'strict', window_ms: HOUR });
  const units = async () => (await world.reports.funnel(asked)).stages.map(({ stage, units }) => `${stage} ${units}`);
  expect(await units()).toEqual(['visit 1', 'product_view 1']);
  // Its time is capped at received_at, before the visit. Once merged there are as many rows of the same payloads.
  await world.take('earlier', [{ ...view, received_at: Date.parse('2027-01-03T09:00:00Z') }]);
  await world.world.merge('events');
  expect(await units()).toEqual(['visit 1', 'product_view 0']);
});
