import { readFileSync } from 'node:fs';
import { createAggregator } from '@cartledger/aggregator';
import { createTimelines } from '@cartledger/api';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Delivery } from '@cartledger/events';
import { compareUtf8, DAY_MS, DEFAULT_DEFINITION, stringifyExact } from '@cartledger/funnel';
import { createQuality, createReports, type Explained } from '@cartledger/reports';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import { createWorld, type World } from './aggregator-world.ts';

const NOW = Date.parse('2028-06-01T00:00:00Z');
let time = NOW;
const STORE = 's';
const FUNNELS = (['visitor', 'session', 'cart'] as const).flatMap((unit) =>
  (['ordered', 'strict', 'any', 'open'] as const).map((mode) => ({ unit, mode, window_ms: 604_800_000 })),
);

/** Published histories thrown together: their ids collide, so that nearly everything hangs together. */
const deliveries: Delivery[] = readFileSync(new URL('../fixtures/vectors/vectors.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(0, 60)
  .flatMap((line): Delivery[] => JSON.parse(line).deliveries)
  .map((delivery, i) => ({ ...delivery, store_id: STORE, payload_hash: BigInt(i) }));

/** Seeded, so that a failure comes again. */
const createRandom = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const worlds: World[] = [];
const createStore = async (): Promise<World> => {
  const world = await createWorld(inject('clickhouseUrl'), () => time);
  worlds.push(world);
  await world.createStore(STORE, { funnels: FUNNELS });
  await world.takenIn(NOW);
  return world;
};

const runAll = async (world: World): Promise<void> => {
  await using aggregator = world.aggregator({ pageVisitors: 50, maxEvents: 200 });
  while ((await aggregator.runOnce()) === 'more');
  await aggregator.stop();
};

/** All reports, without the time they stand at. */
const reportsOf = async ({ clickhouse, control }: World): Promise<string> => {
  const store = await control.stores.get(STORE);
  if (!store) throw new Error('no store');
  const days = deliveries.map(({ occurred_at }) => new Date(occurred_at).toISOString().slice(0, 10)).sort(compareUtf8);
  const { definition, versions } = store;
  const query = { store_id: STORE, definition, versions, from: days[0] ?? '', to: days.at(-1) ?? '' };
  const reports = createReports({ clickhouse });
  const quality = createQuality({ clickhouse, rejections: async () => [] });
  const revenue = await reports.revenue(query);
  const behind = (report: Explained, figure: string, more: object = {}) =>
    reports.explain(report, { ...query, ...more }, { figure, limit: 1_000 });
  const all = [
    await reports.abandonment(query),
    revenue,
    await reports.pipeline(query),
    await quality(query),
    ...(await Promise.all(FUNNELS.map((funnel) => reports.funnel({ ...query, ...funnel })))),
    ...(await Promise.all(FUNNELS.map((funnel) => behind('funnel', 'stage=add_to_cart,figure=units_any', funnel)))),
    ...(await Promise.all(['created', 'emptied', 'revived'].map((name) => behind('abandonment', `figure=${name}`)))),
    ...(await Promise.all(
      Object.keys(revenue.currencies)
        .flatMap((currency) =>
          ['line=net', 'carts=value', 'figure=timing'].map((figure) => `currency=${currency},${figure}`),
        )
        .map((figure) => behind('revenue', figure)),
    )),
  ];
  const timelineOf = createTimelines({ clickhouse });
  const visitors = [...new Set(deliveries.map(({ visitor_id }) => visitor_id))].sort(compareUtf8);
  const timelines = await Promise.all(visitors.map((visitor_id) => timelineOf(store, { visitor_id })));
  return stringifyExact(
    [...all, ...timelines].map(({ as_of: _, ...report }) => report),
    1,
  );
};

let expected = '';
let plain: World;
beforeAll(async () => {
  plain = await createStore();
  await plain.deliver(deliveries);
  await runAll(plain);
  expected = await reportsOf(plain);
});
afterAll(async () => {
  for (const world of worlds) await world[Symbol.asyncDispose]();
});

test('the history is all there', async () => {
  await expectLedger(plain, STORE, rowsOf(deliveries, { ...DEFAULT_DEFINITION, funnels: FUNNELS }));
  await expectRollups(plain, STORE);
  expect(expected).toContain('"report": "revenue"');
});

test('the sweep finds nothing to mend in what is right', async () => {
  const versions = () =>
    plain.clickhouse.query(
      {
        name: 'test.versions',
        sql: `SELECT (SELECT max(version) FROM ledger_rows) AS ledger, (SELECT max(version) FROM ledger_keys) AS keys,
          (SELECT max(version) FROM funnel_days) AS funnels, (SELECT max(version) FROM order_days) AS orders`,
        params: z.object({}),
        row: z.record(z.string(), z.string()),
      },
      {},
    );
  const metrics = createMetrics();
  await using aggregator = createAggregator({
    clickhouse: plain.clickhouse,
    control: plain.control,
    logger: createLogger({ component: 'test', level: 'silent' }),
    metrics,
    now: () => time,
  });
  const before = await versions();
  await aggregator.runOnce();
  time += DAY_MS;
  for (let run = 0; run < 26; run++) await aggregator.runOnce();
  await aggregator.stop();
  expect(await versions()).toEqual(before);
  expect(await metrics.text()).toMatch(/cartledger_aggregator_swept_visitors_total [1-9]/);
});

test('shuffled, duplicated, in late batches and replayed, it gives identical reports', async () => {
  const world = await createStore();
  const random = createRandom(7);
  const shuffled = deliveries
    .flatMap((delivery) => (random() < 0.3 ? [delivery, delivery] : [delivery]))
    .map((delivery) => ({ delivery, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ delivery }) => delivery);
  const size = Math.ceil(shuffled.length / 6);
  for (let i = 0; i < shuffled.length; i += size) {
    await world.deliver(shuffled.slice(i, i + size));
    await runAll(world);
  }
  // A replay of the log brings everything once more.
  await world.deliver(deliveries);
  await runAll(world);
  await expectRollups(world, STORE);
  expect(await reportsOf(world)).toBe(expected);
});

const DERIVED = [
  ...['store_state', 'ledger_rows', 'ledger_keys', 'links'],
  ...['dirty_days', 'funnel_days', 'cart_days', 'order_days'],
];
const dropAll = async ({ clickhouse }: World): Promise<void> => {
  for (const table of DERIVED) await clickhouse.command(`TRUNCATE TABLE ${table}`);
};

test('dropped while the aggregator is at work, before whichever of its writes, they come back the same', async () => {
  const world = await createStore();
  const writes = ['ledger_keys', 'ledger_rows', 'dirty_days', 'funnel_days', 'cart_days', 'order_days'];
  const size = Math.ceil(deliveries.length / (writes.length + 1));
  await world.deliver(deliveries.slice(0, size));
  await runAll(world);
  for (const [i, table] of writes.entries()) {
    let dropped = false;
    const dropBefore = async (target: string): Promise<void> => {
      if (dropped || target !== table) return;
      dropped = true;
      await dropAll(world);
    };
    const dropping: ClickHouse = {
      ...world.clickhouse,
      insertNative: async (target, ...rest) => {
        await dropBefore(target);
        return world.clickhouse.insertNative(target, ...rest);
      },
      command: async (sql, ...rest) => {
        await dropBefore(/^INSERT INTO `(\w+)`/.exec(sql)?.[1] ?? '');
        return world.clickhouse.command(sql, ...rest);
      },
    };
    const upTo = (i + 2) * size;
    await world.deliver(deliveries.slice(upTo - size, upTo));
    {
      await using aggregator = world.aggregator({ pageVisitors: 50, maxEvents: 200 }, { clickhouse: dropping });
      while ((await aggregator.runOnce()) === 'more');
    }
    expect(dropped, table).toBe(true);
    const definition = { ...DEFAULT_DEFINITION, funnels: FUNNELS };
    await expectLedger(world, STORE, rowsOf(deliveries.slice(0, upTo), definition));
    await expectRollups(world, STORE);
  }
  expect(await reportsOf(world)).toBe(expected);
});

test('ledgers, rollups and states dropped and rebuilt give identical reports', async () => {
  await dropAll(plain);
  await runAll(plain);
  expect(await reportsOf(plain)).toBe(expected);

  // Rollups alone, and a rebuild that is asked for.
  for (const table of ['dirty_days', 'funnel_days', 'cart_days', 'order_days'])
    await plain.clickhouse.command(`TRUNCATE TABLE ${table}`);
  await using aggregator = plain.aggregator();
  await aggregator.rebuild(STORE);
  expect(await reportsOf(plain)).toBe(expected);
  await expectRollups(plain, STORE);
});
