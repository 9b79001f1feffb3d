/** Who was last heard of longer ago than a store keeps goes, and no figure moves by it. */
import { HOUR_MS } from '@cartledger/funnel';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { add } from './aggregator-events.ts';
import { AS_OF, DAY, dayAt, KEEPS, KEPT, openRetention, type Retention, shop } from './retention-world.ts';

let at: Retention;
beforeEach(async (context) => {
  at = await openRetention();
  context.onTestFinished(() => at.world[Symbol.asyncDispose]());
});

test('who was last heard of longer ago than the store keeps is gone, and no figure has moved', async () => {
  for (const store_id of ['keeps', 'for-ever']) {
    await at.world.createStore(store_id, { max_age_days: 30 });
    await at.world.deliver(shop(store_id));
  }
  await at.passTo(52);
  await at.keepUp();
  const [figures, others] = [await at.figuresOf('keeps', 52), await at.figuresOf('for-ever', 52)];
  const pipelineOf = async (store_id: string) => {
    const store = await at.world.control.stores.get(store_id);
    if (!store) throw new Error('no store');
    const { versions, definition } = store;
    return at.reports.pipeline({ store_id, versions, definition, from: dayAt(12), to: dayAt(51), as_of: AS_OF });
  };
  const pipeline = await pipelineOf('keeps');

  await at.define('keeps', KEEPS);
  await at.keepUp('keeps');

  expect(await at.visitorsOf('keeps', 'events')).toEqual(KEPT);
  expect(await at.visitorsOf('keeps', 'ledger_rows')).toEqual(KEPT);
  expect(await at.countOf('keeps', 'retired')).toBe(0);
  expect(await at.figuresOf('keeps', 52)).toEqual(figures);
  expect(await pipelineOf('keeps')).toEqual({ ...pipeline, definition_versions: [2] });
  expect(pipeline.new_buyers).toBe(1);
  expect(await at.restatementsOf('keeps')).toEqual([]);
  expect(await at.figuresOf('for-ever', 52)).toEqual(others);
  expect(await at.visitorsOf('for-ever', 'events')).toHaveLength(9);
});

test('what comes again of a day that was removed counts nowhere, and goes again', async () => {
  const store_id = 'again';
  await at.world.createStore(store_id, KEEPS);
  const all = shop(store_id);
  await at.world.deliver(all);
  await at.passTo(52);
  await at.keepUp(store_id);
  const figures = await at.figuresOf(store_id, 52);
  // Read from the log again, say, by who did not know.
  await at.world.deliver(all.filter(({ order_id }) => order_id === 'o-bought' || order_id === 'o-shared'));
  await at.keepUp();
  expect(await at.figuresOf(store_id, 52)).toEqual(figures);
  await at.passTo(53);
  await at.keepUp(store_id);
  expect(await at.visitorsOf(store_id, 'events')).toEqual(KEPT);
  expect(await at.figuresOf(store_id, 52)).toEqual(figures);
  expect(await at.restatementsOf(store_id)).toEqual([]);
});

test('a day that is frozen stays as it was through a sweep, a rebuild, another definition and what its carts do since', async () => {
  const store_id = 'frozen';
  await at.world.createStore(store_id, KEEPS);
  await at.world.deliver(shop(store_id));
  await at.passTo(52);
  await at.keepUp(store_id);
  const figures = await at.figuresOf(store_id, 12);
  await using aggregator = at.world.aggregator({ leaseTtlMs: 1_000 * HOUR_MS, sweepMs: 60_000 });
  await aggregator.rebuild(store_id);
  for (let hour = 0; hour < 26; hour++) {
    at.world.pass(HOUR_MS);
    for (let i = 0; i < 2; i++) await aggregator.runOnce();
  }
  expect(await at.figuresOf(store_id, 12)).toEqual(figures);
  // The cart of day 0 that is still kept moves: it is of a day that was told of for good.
  await at.world.deliver([add(53 * DAY, { store_id, visitor_id: 'lives' })]);
  await aggregator.runOnce();
  await at.define(store_id, { idle_ms: 1_000, bots: { exclude: false, max_carts_per_day: 1 } });
  for (let i = 0; i < 4; i++) await aggregator.runOnce();
  expect(await at.figuresOf(store_id, 12)).toEqual(figures);
  await aggregator.stop();
});

test('of days whose details are gone reports tell the totals, and say so where they would need more', async () => {
  const store_id = 'told';
  await at.world.createStore(store_id, { ...KEEPS, fx_source: 'ecb', currency: 'USD', breakdown_properties: ['tier'] });
  await at.world.deliver(shop(store_id));
  await at.passTo(52);
  await at.keepUp(store_id);
  const query = async (from: number, to: number) => {
    const store = await at.world.control.stores.get(store_id);
    if (!store) throw new Error('no store');
    const { versions, definition } = store;
    return { store_id, versions, definition, from: dayAt(from), to: dayAt(to), as_of: AS_OF };
  };
  const before = await query(0, 20);
  const refused = expect.objectContaining({ code: 'details_removed', message: expect.stringContaining(dayAt(12)) });
  const warned = { warnings: expect.arrayContaining([expect.objectContaining({ code: 'details_removed' })]) };

  const abandonment = await at.reports.abandonment(before);
  expect(abandonment).toMatchObject(warned);
  expect(abandonment.carts.created).toBeGreaterThan(3);
  expect(abandonment.products).toEqual([]);
  expect(await at.reports.revenue(before)).toMatchObject({ ...warned, converted: { carts: null, orders: null } });
  const funnel = await at.reports.funnel(before);
  expect(funnel).toMatchObject(warned);
  expect(funnel.stages.at(-1)?.median_ms_to_next).toBeNull();
  expect(funnel.stages[3]?.units_any).toBeDefined();
  await expect(at.reports.funnel({ ...before, breakdown: 'source' })).rejects.toEqual(refused);
  await expect(at.reports.funnel({ ...before, window_ms: 5 })).rejects.toEqual(refused);
  await expect(at.reports.pipeline(before)).rejects.toEqual(refused);
  await expect(at.reports.revenue({ ...before, refunds_on: 'order' })).rejects.toEqual(refused);
  const figure = { figure: 'figure=created' };
  await expect(at.reports.explain('abandonment', before, figure)).rejects.toEqual(refused);

  const onDemand = await at.reports.funnel({ ...(await query(12, 51)), window_ms: 86_400_000 });
  expect(onDemand.warnings.map(({ message }) => message)).toContain(
    `No event has matched stage product_view in what is kept, from ${dayAt(12)}.`,
  );

  // A stage and a funnel that came later were counted on none of these days.
  await at.define(store_id, { stages: ['visit', 'purchase'] });
  await at.keepUp();
  await expect(at.reports.funnel(await query(0, 20))).rejects.toEqual(refused);
  expect(await at.reports.abandonment(await query(0, 20))).toMatchObject({ carts: abandonment.carts });

  const kept = await query(12, 51);
  for (const report of [
    await at.reports.funnel({ ...kept, breakdown: 'source' }),
    await at.reports.pipeline(kept),
    await at.reports.explain('abandonment', kept, figure),
  ])
    expect(report.warnings.map(({ code }) => code)).not.toContain('details_removed');
});

test("analysts' daily views begin with the first day that is kept whole", async () => {
  const store_id = 'viewed';
  await at.world.createStore(store_id, KEEPS);
  await at.world.deliver(shop(store_id));
  await at.passTo(52);
  await at.keepUp(store_id);
  const database = (await at.ask('SELECT currentDatabase() AS name', z.object({ name: z.string() })))[0]?.name;
  for (const view of ['funnel_daily', 'cart_abandonment_daily', 'revenue_by_stage_daily']) {
    const sql = `SELECT toString(min(day)) AS first_day, count() AS n FROM ${database}_analytics.${view} WHERE store_id = '${store_id}'`;
    const [row] = await at.ask(sql, z.object({ first_day: z.string(), n: z.coerce.number() }));
    expect(row?.n, view).toBeGreaterThan(0);
    expect((row?.first_day ?? '') >= dayAt(12), view).toBe(true);
  }
});
