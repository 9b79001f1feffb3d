/** Who was last heard of longer ago than a store keeps goes, and no figure moves by it. */
import type { Delivery } from '@cartledger/events';
import { DAY_MS, type Definition, HOUR_MS } from '@cartledger/funnel';
import { createRetire } from '@cartledger/history';
import { createReports, type Reports } from '@cartledger/reports';
import { beforeEach, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { createFaultyWorld, type FaultyWorld, Killed } from './aggregator-faulty.ts';

/** Of a store that keeps forty days, and takes in nothing older than thirty. */
const KEEPS = { max_age_days: 30, retention_days: 40 } as const;
const DAY = 1_440;
/** Events begin then, at ten o'clock. */
const FIRST = Date.parse('2027-01-10T00:00:00Z');
const dayAt = (n: number): string => new Date(FIRST + n * DAY_MS).toISOString().slice(0, 10);

let world: FaultyWorld;
let reports: Reports;
beforeEach(async (context) => {
  world = await createFaultyWorld(inject('clickhouseUrl'));
  reports = createReports({ clickhouse: world.clickhouse });
  context.onTestFinished(() => world[Symbol.asyncDispose]());
});

const ask = <T extends z.ZodType>(sql: string, row: T) =>
  world.clickhouse.query({ name: 'test.retention', sql, params: z.object({}), row }, {});

const visitorsOf = async (store_id: string, table: 'events' | 'ledger_rows'): Promise<string[]> => {
  const sql = `SELECT DISTINCT visitor_id FROM ${table} WHERE store_id = '${store_id}' AND visitor_id != '' ORDER BY visitor_id`;
  return (await ask(sql, z.object({ visitor_id: z.string() }))).map(({ visitor_id }) => visitor_id);
};
const countOf = async (store_id: string, table: string): Promise<number> => {
  const [row] = await ask(
    `SELECT count() AS n FROM ${table} WHERE store_id = '${store_id}'`,
    z.object({ n: z.coerce.number() }),
  );
  return row?.n ?? 0;
};
const compare = (a: string, b: string): number => (a < b ? -1 : 1);
const restatementsOf = (store_id: string) => reports.restatements({ store_id });

/** Behind all that happens here, so that nothing is open. */
const AS_OF = FIRST + 400 * DAY_MS;

/** All that counts on the first days, some of them each for itself. */
const figuresOf = async (store_id: string, days: number) => {
  const store = await world.control.stores.get(store_id);
  if (!store) throw new Error('no store');
  const { versions } = store;
  const told: unknown[] = [];
  const last = days - 1;
  const periods = [
    ...[0, 1, 2, 3, 11, last].map((n) => [n, n] as const),
    [0, 3],
    [0, 11],
    [11, last],
    [0, last],
  ] as const;
  for (const [from, to] of periods) {
    const query = { store_id, versions, definition: store.definition, from: dayAt(from), to: dayAt(to), as_of: AS_OF };
    const abandonment = await reports.abandonment({ ...query, only: 'counts' });
    const revenue = await reports.revenue(query);
    const funnels = await Promise.all(
      store.definition.funnels.map((funnel) => reports.funnel({ ...query, ...funnel })),
    );
    for (const report of [abandonment, revenue, ...funnels])
      told.push({ ...report, as_of: '', definition_versions: [], warnings: [] });
  }
  return told;
};

const define = async (store_id: string, change: Partial<Definition>): Promise<void> => {
  await world.control.stores.define(store_id, change, null);
};

/** How often retention of a store takes a run before it is through. */
const MAX_RUNS = 60;
const isThrough = async (store_id: string): Promise<boolean> => {
  const jobs = await world.control.state.get('aggregator/retention');
  return !(jobs !== null && typeof jobs === 'object' && store_id in jobs);
};
const pageVisitors = 2;
/** Runs until all that is due is removed. */
const keepUp = async (...stores: string[]): Promise<void> => {
  await using aggregator = world.aggregator({ pageVisitors });
  while ((await aggregator.runOnce()) !== 'done');
  for (let run = 0; ; run++) {
    await aggregator.runOnce();
    const through = await Promise.all(stores.map(isThrough));
    if (through.every(Boolean)) break;
    if (run === MAX_RUNS) throw new Error('retention does not come to its end');
  }
  await aggregator.stop();
  world.leaseRunsOut();
};
const passTo = async (day: number): Promise<void> => {
  world.pass(FIRST + day * DAY_MS - world.now());
  await world.takenIn(world.now());
};

/** Who goes, and who stays though some of his events are as old. */
const shop = (store_id: string): Delivery[] => {
  const of = (visitor_id: string, more: Partial<Delivery> = {}) => ({ store_id, visitor_id, ...more });
  return [
    event(0, 'visit', of('bought')),
    add(1, of('bought')),
    order(3, 'o-bought', of('bought', { customer_id: 'C-1' })),
    add(10, of('left')),
    // One component, last heard of on day 3.
    add(20, of('device', { cart_id: 'shared' })),
    order(3 * DAY, 'o-shared', of('other device', { cart_id: 'shared' })),
    // Ordered again, as somebody else to us: his first order keeps the second from being a new buyer's.
    order(30, 'o-first', of('returning', { customer_id: 'C-2' })),
    order(45 * DAY, 'o-second', of('returned', { customer_id: 'C-2' })),
    // Still there.
    add(40, of('lives')),
    event(20 * DAY, 'visit', of('lives')),
    order(50 * DAY, 'o-lives', of('lives')),
    add(30 * DAY, of('recent')),
    add(49 * DAY, of('newest')),
  ];
};
const KEPT = ['lives', 'newest', 'recent', 'returned', 'returning'];

test('who was last heard of longer ago than the store keeps is gone, and no figure has moved', async () => {
  for (const store_id of ['keeps', 'for-ever']) {
    await world.createStore(store_id, { max_age_days: 30 });
    await world.deliver(shop(store_id));
  }
  await passTo(52);
  await keepUp();
  const [figures, others] = [await figuresOf('keeps', 52), await figuresOf('for-ever', 52)];
  const pipelineOf = async (store_id: string) => {
    const store = await world.control.stores.get(store_id);
    if (!store) throw new Error('no store');
    const { versions, definition } = store;
    return reports.pipeline({ store_id, versions, definition, from: dayAt(12), to: dayAt(51), as_of: AS_OF });
  };
  const pipeline = await pipelineOf('keeps');

  await define('keeps', KEEPS);
  await keepUp('keeps');

  expect(await visitorsOf('keeps', 'events')).toEqual(KEPT);
  expect(await visitorsOf('keeps', 'ledger_rows')).toEqual(KEPT);
  expect(await countOf('keeps', 'retired')).toBe(0);
  expect(await figuresOf('keeps', 52)).toEqual(figures);
  expect(await pipelineOf('keeps')).toEqual({ ...pipeline, definition_versions: [2] });
  expect(pipeline.new_buyers).toBe(1);
  expect(await restatementsOf('keeps')).toEqual([]);
  expect(await figuresOf('for-ever', 52)).toEqual(others);
  expect(await visitorsOf('for-ever', 'events')).toHaveLength(9);
});

test('what comes again of a day that was removed counts nowhere, and goes again', async () => {
  const store_id = 'again';
  await world.createStore(store_id, KEEPS);
  const all = shop(store_id);
  await world.deliver(all);
  await passTo(52);
  await keepUp(store_id);
  const figures = await figuresOf(store_id, 52);
  // Read from the log again, say, by who did not know.
  await world.deliver(all.filter(({ order_id }) => order_id === 'o-bought' || order_id === 'o-shared'));
  await keepUp();
  expect(await figuresOf(store_id, 52)).toEqual(figures);
  await passTo(53);
  await keepUp(store_id);
  expect(await visitorsOf(store_id, 'events')).toEqual(KEPT);
  expect(await figuresOf(store_id, 52)).toEqual(figures);
  expect(await restatementsOf(store_id)).toEqual([]);
});

test('a day that is frozen stays as it was through a sweep, a rebuild, another definition and what its carts do since', async () => {
  const store_id = 'frozen';
  await world.createStore(store_id, KEEPS);
  await world.deliver(shop(store_id));
  await passTo(52);
  await keepUp(store_id);
  const figures = await figuresOf(store_id, 12);
  await using aggregator = world.aggregator({ leaseTtlMs: 1_000 * HOUR_MS, sweepMs: 60_000 });
  await aggregator.rebuild(store_id);
  for (let hour = 0; hour < 26; hour++) {
    world.pass(HOUR_MS);
    for (let i = 0; i < 2; i++) await aggregator.runOnce();
  }
  expect(await figuresOf(store_id, 12)).toEqual(figures);
  // The cart of day 0 that is still kept moves: it is of a day that was told of for good.
  await world.deliver([add(53 * DAY, { store_id, visitor_id: 'lives' })]);
  await aggregator.runOnce();
  await define(store_id, { idle_ms: 1_000, bots: { exclude: false, max_carts_per_day: 1 } });
  for (let i = 0; i < 4; i++) await aggregator.runOnce();
  expect(await figuresOf(store_id, 12)).toEqual(figures);
  await aggregator.stop();
});

test('of days whose details are gone reports tell the totals, and say so where they would need more', async () => {
  const store_id = 'told';
  await world.createStore(store_id, { ...KEEPS, fx_source: 'ecb', currency: 'USD', breakdown_properties: ['tier'] });
  await world.deliver(shop(store_id));
  await passTo(52);
  await keepUp(store_id);
  const query = async (from: number, to: number) => {
    const store = await world.control.stores.get(store_id);
    if (!store) throw new Error('no store');
    const { versions, definition } = store;
    return { store_id, versions, definition, from: dayAt(from), to: dayAt(to), as_of: AS_OF };
  };
  const before = await query(0, 20);
  const refused = expect.objectContaining({ code: 'details_removed', message: expect.stringContaining(dayAt(12)) });
  const warned = { warnings: expect.arrayContaining([expect.objectContaining({ code: 'details_removed' })]) };

  const abandonment = await reports.abandonment(before);
  expect(abandonment).toMatchObject(warned);
  expect(abandonment.carts.created).toBeGreaterThan(3);
  expect(abandonment.products).toEqual([]);
  expect(await reports.revenue(before)).toMatchObject({ ...warned, converted: { carts: null, orders: null } });
  const funnel = await reports.funnel(before);
  expect(funnel).toMatchObject(warned);
  expect(funnel.stages.at(-1)?.median_ms_to_next).toBeNull();
  expect(funnel.stages[3]?.units_any).toBeDefined();
  await expect(reports.funnel({ ...before, breakdown: 'source' })).rejects.toEqual(refused);
  await expect(reports.funnel({ ...before, window_ms: 5 })).rejects.toEqual(refused);
  await expect(reports.pipeline(before)).rejects.toEqual(refused);
  await expect(reports.revenue({ ...before, refunds_on: 'order' })).rejects.toEqual(refused);
  const figure = { figure: 'figure=created' };
  await expect(reports.explain('abandonment', before, figure)).rejects.toEqual(refused);

  // A stage and a funnel that came later were counted on none of these days.
  await define(store_id, { stages: ['visit', 'purchase'] });
  await keepUp();
  await expect(reports.funnel(await query(0, 20))).rejects.toEqual(refused);
  expect(await reports.abandonment(await query(0, 20))).toMatchObject({ carts: abandonment.carts });

  const kept = await query(12, 51);
  for (const report of [
    await reports.funnel({ ...kept, breakdown: 'source' }),
    await reports.pipeline(kept),
    await reports.explain('abandonment', kept, figure),
  ])
    expect(report.warnings.map(({ code }) => code)).not.toContain('details_removed');
});

test("analysts' daily views begin with the first day that is kept whole", async () => {
  const store_id = 'viewed';
  await world.createStore(store_id, KEEPS);
  await world.deliver(shop(store_id));
  await passTo(52);
  await keepUp(store_id);
  const database = (await ask('SELECT currentDatabase() AS name', z.object({ name: z.string() })))[0]?.name;
  for (const view of ['funnel_daily', 'cart_abandonment_daily', 'revenue_by_stage_daily']) {
    const sql = `SELECT toString(min(day)) AS first_day, count() AS n FROM ${database}_analytics.${view} WHERE store_id = '${store_id}'`;
    const [row] = await ask(sql, z.object({ first_day: z.string(), n: z.coerce.number() }));
    expect(row?.n, view).toBeGreaterThan(0);
    expect((row?.first_day ?? '') >= dayAt(12), view).toBe(true);
  }
});

/** Calls by which retention changes anything; all other calls of a run are killed in aggregator-killed.test.ts. */
const TABLES = ['retention', 'retired', 'dirty_days', 'store_state'];
const WRITES = new RegExp(`^(command|state\\.set|insert into (${TABLES.join('|')}))$`);

test('killed before or after any of its writes, retention comes to the same', { timeout: 900_000 }, async () => {
  const store_id = 'killed';
  const keeps = 10;
  await world.createStore(store_id, {
    max_age_days: 1,
    recovery_ms: DAY_MS,
    funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: DAY_MS }],
  });
  const visitors = Array.from({ length: 60 }, (_, day) => [`v${day}`, `w${day}`]);
  const all = visitors.flatMap(([v = '', w = ''], day) => [
    add(day * DAY, { store_id, visitor_id: w, cart_id: `c${day}` }),
    order(day * DAY + 5, `o${day}`, { store_id, visitor_id: v, cart_id: `c${day}` }),
  ]);
  await world.deliver(all);
  await passTo(visitors.length + 1);
  await keepUp();
  const figures = await figuresOf(store_id, 30);
  const killedAt: string[] = [];
  let retention_days = visitors.length;
  for (let step = 1; ; step++, retention_days--) {
    // A day more is over each time, and its visitors go.
    await define(store_id, { retention_days });
    let made = 0;
    let isDead = false;
    const die = (when: string): void => {
      if (++made !== step) return;
      isDead = true;
      killedAt.push(when);
    };
    const dying = world.hooked(
      async (call) => {
        if (WRITES.test(call)) die(`before ${call}`);
        if (isDead) throw new Killed(call);
        return async () => {
          if (WRITES.test(call)) die(`after ${call}`);
          if (isDead) throw new Killed(call);
        };
      },
      { pageVisitors },
    );
    for (let run = 0; run < MAX_RUNS && !isDead && !(run > 2 && (await isThrough(store_id))); run++)
      await dying.runOnce().catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    world.leaseRunsOut();
    if (!isDead) break;
    await keepUp(store_id);
    expect(await visitorsOf(store_id, 'events'), killedAt.at(-1)).toEqual(
      visitors
        .slice(visitors.length + 1 - retention_days)
        .flat()
        .sort(compare),
    );
    expect(retention_days).toBeGreaterThan(keeps);
  }
  const writes = ['command', 'state.set', ...TABLES.map((table) => `insert into ${table}`)];
  expect(new Set(killedAt)).toEqual(new Set(writes.flatMap((call) => [`before ${call}`, `after ${call}`])));
  expect(await visitorsOf(store_id, 'ledger_rows')).toEqual(await visitorsOf(store_id, 'events'));
  expect(await countOf(store_id, 'retired')).toBe(0);
  expect(await figuresOf(store_id, 30)).toEqual(figures);
  expect(await restatementsOf(store_id)).toEqual([]);
});

test('what a store says as its days are about to be frozen counts, not what it said when that was noted', async () => {
  const store_id = 'changed';
  await world.createStore(store_id, { max_age_days: 30, retention_days: null });
  await world.deliver(shop(store_id));
  await passTo(52);
  await keepUp();
  const everyone = await visitorsOf(store_id, 'events');
  await using aggregator = world.aggregator({ pageVisitors });
  // Beside one that is at work, as ever.
  await world.createStore('beside', KEEPS);
  await define(store_id, { retention_days: 40 });
  await aggregator.runOnce();
  expect(await isThrough(store_id)).toBe(false);
  await define(store_id, { retention_days: 45 });
  for (let run = 0; run < 2; run++) await aggregator.runOnce();
  expect(await isThrough(store_id)).toBe(false);
  await define(store_id, { retention_days: null });
  for (let run = 0; run < 20; run++) await aggregator.runOnce();
  await aggregator.stop();
  expect(await isThrough(store_id)).toBe(true);
  expect(await visitorsOf(store_id, 'events')).toEqual(everyone);
  expect(await countOf(store_id, 'retention')).toBe(0);
});

test.each(['retire.silent', 'command'])(
  'the daily sweep goes on in a store whose retention fails at %s',
  async (failing) => {
    const store_id = 'fails';
    await world.createStore(store_id, { max_age_days: 30, retention_days: null });
    await world.deliver(shop(store_id));
    await passTo(52);
    await keepUp();
    await define(store_id, KEEPS);
    await using aggregator = world.hooked(
      async (call) => {
        if (call === failing) throw new RangeError(call);
        return async () => {};
      },
      { leaseTtlMs: 1_000 * HOUR_MS, sweepMs: 60_000, pageVisitors },
    );
    for (let run = 0; run < 10; run++) await aggregator.runOnce();
    const sweptUpTo = async (): Promise<number> => {
      const sweep = z.record(z.string(), z.object({ at: z.number() }));
      return sweep.parse((await world.control.state.get('aggregator/sweep')) ?? {})[store_id]?.at ?? 0;
    };
    expect(await isThrough(store_id)).toBe(false);
    for (let hour = 0; hour < 4; hour++) {
      world.pass(HOUR_MS);
      for (let i = 0; i < 2; i++) await aggregator.runOnce();
    }
    expect(await isThrough(store_id)).toBe(false);
    expect(await sweptUpTo()).toBeGreaterThan(world.now() - HOUR_MS);
    await aggregator.stop();
  },
);

test('a page looks at so many events at most, however few visitors are silent', async () => {
  const store_id = 'silent';
  await world.insertEvents(Array.from({ length: 10 }, (_, n) => add(n * DAY, { store_id, visitor_id: `v${n}` })));
  const retire = createRetire(world.clickhouse, { pageEvents: 3 });
  const of = { store_id, before: FIRST + DAY_MS, kept_from: dayAt(1) };
  const pages: { visitors: number; next: bigint | null }[] = [];
  for (let from: bigint | null = 0n; from !== null; from = pages.at(-1)?.next ?? null)
    pages.push(await retire.gather(of, from, 100, 100));
  expect(pages).toHaveLength(4);
  expect(pages.reduce((sum, { visitors }) => sum + visitors, 0)).toBe(1);
});
