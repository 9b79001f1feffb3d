/** Retention that is killed, changed or refused while it is at work. */
import { DAY_MS, HOUR_MS } from '@cartledger/funnel';
import { createRetire } from '@cartledger/history';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { add, order } from './aggregator-events.ts';
import { Killed } from './aggregator-faulty.ts';
import {
  DAY,
  dayAt,
  FIRST,
  KEEPS,
  MAX_RUNS,
  openRetention,
  pageVisitors,
  type Retention,
  shop,
} from './retention-world.ts';

let at: Retention;
beforeEach(async (context) => {
  at = await openRetention();
  context.onTestFinished(() => at.world[Symbol.asyncDispose]());
});

const compare = (a: string, b: string): number => (a < b ? -1 : 1);

/** Calls by which retention changes anything; all other calls of a run are killed in aggregator-killed.test.ts. */
const TABLES = ['retention', 'retired', 'dirty_days', 'store_state'];
const WRITES = new RegExp(`^(command|state\\.set|insert into (${TABLES.join('|')}))$`);

test('killed before or after any of its writes, retention comes to the same', { timeout: 900_000 }, async () => {
  const store_id = 'killed';
  const keeps = 10;
  await at.world.createStore(store_id, {
    max_age_days: 1,
    recovery_ms: DAY_MS,
    funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: DAY_MS }],
  });
  const visitors = Array.from({ length: 60 }, (_, day) => [`v${day}`, `w${day}`]);
  const all = visitors.flatMap(([v = '', w = ''], day) => [
    add(day * DAY, { store_id, visitor_id: w, cart_id: `c${day}` }),
    order(day * DAY + 5, `o${day}`, { store_id, visitor_id: v, cart_id: `c${day}` }),
  ]);
  await at.world.deliver(all);
  await at.passTo(visitors.length + 1);
  await at.keepUp();
  const figures = await at.figuresOf(store_id, 30);
  const killedAt: string[] = [];
  let retention_days = visitors.length;
  for (let step = 1; ; step++, retention_days--) {
    // A day more is over each time, and its visitors go.
    await at.define(store_id, { retention_days });
    let made = 0;
    let isDead = false;
    const die = (when: string): void => {
      if (++made !== step) return;
      isDead = true;
      killedAt.push(when);
    };
    const dying = at.world.hooked(
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
    for (let run = 0; run < MAX_RUNS && !isDead && !(run > 2 && (await at.isThrough(store_id))); run++)
      await dying.runOnce().catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    at.world.leaseRunsOut();
    if (!isDead) break;
    await at.keepUp(store_id);
    expect(await at.visitorsOf(store_id, 'events'), killedAt.at(-1)).toEqual(
      visitors
        .slice(visitors.length + 1 - retention_days)
        .flat()
        .sort(compare),
    );
    expect(retention_days).toBeGreaterThan(keeps);
  }
  const writes = ['command', 'state.set', ...TABLES.map((table) => `insert into ${table}`)];
  expect(new Set(killedAt)).toEqual(new Set(writes.flatMap((call) => [`before ${call}`, `after ${call}`])));
  expect(await at.visitorsOf(store_id, 'ledger_rows')).toEqual(await at.visitorsOf(store_id, 'events'));
  expect(await at.countOf(store_id, 'retired')).toBe(0);
  expect(await at.figuresOf(store_id, 30)).toEqual(figures);
  expect(await at.restatementsOf(store_id)).toEqual([]);
});

test('what a store says as its days are about to be frozen counts, not what it said when that was noted', async () => {
  const store_id = 'changed';
  await at.world.createStore(store_id, { max_age_days: 30, retention_days: null });
  await at.world.deliver(shop(store_id));
  await at.passTo(52);
  await at.keepUp();
  const everyone = await at.visitorsOf(store_id, 'events');
  await using aggregator = at.world.aggregator({ pageVisitors });
  // Beside one that is at work, as ever.
  await at.world.createStore('beside', KEEPS);
  await at.define(store_id, { retention_days: 40 });
  await aggregator.runOnce();
  expect(await at.isThrough(store_id)).toBe(false);
  await at.define(store_id, { retention_days: 45 });
  for (let run = 0; run < 2; run++) await aggregator.runOnce();
  expect(await at.isThrough(store_id)).toBe(false);
  await at.define(store_id, { retention_days: null });
  for (let run = 0; run < 20; run++) await aggregator.runOnce();
  await aggregator.stop();
  expect(await at.isThrough(store_id)).toBe(true);
  expect(await at.visitorsOf(store_id, 'events')).toEqual(everyone);
  expect(await at.countOf(store_id, 'retention')).toBe(0);
});

test.each(['retire.silent', 'command'])(
  'the daily sweep goes on in a store whose retention fails at %s',
  async (failing) => {
    const store_id = 'fails';
    await at.world.createStore(store_id, { max_age_days: 30, retention_days: null });
    await at.world.deliver(shop(store_id));
    await at.passTo(52);
    await at.keepUp();
    await at.define(store_id, KEEPS);
    await using aggregator = at.world.hooked(
      async (call) => {
        if (call === failing) throw new RangeError(call);
        return async () => {};
      },
      { leaseTtlMs: 1_000 * HOUR_MS, sweepMs: 60_000, pageVisitors },
    );
    for (let run = 0; run < 10; run++) await aggregator.runOnce();
    const sweptUpTo = async (): Promise<number> => {
      const sweep = z.record(z.string(), z.object({ at: z.number() }));
      return sweep.parse((await at.world.control.state.get('aggregator/sweep')) ?? {})[store_id]?.at ?? 0;
    };
    expect(await at.isThrough(store_id)).toBe(false);
    for (let hour = 0; hour < 4; hour++) {
      at.world.pass(HOUR_MS);
      for (let i = 0; i < 2; i++) await aggregator.runOnce();
    }
    expect(await at.isThrough(store_id)).toBe(false);
    expect(await sweptUpTo()).toBeGreaterThan(at.world.now() - HOUR_MS);
    await aggregator.stop();
  },
);

test('a page looks at so many events at most, however few visitors are silent', async () => {
  const store_id = 'silent';
  await at.world.insertEvents(Array.from({ length: 10 }, (_, n) => add(n * DAY, { store_id, visitor_id: `v${n}` })));
  const retire = createRetire(at.world.clickhouse, { pageEvents: 3 });
  const of = { store_id, before: FIRST + DAY_MS, kept_from: dayAt(1) };
  const pages: { visitors: number; next: bigint | null }[] = [];
  for (let from: bigint | null = 0n; from !== null; from = pages.at(-1)?.next ?? null)
    pages.push(await retire.gather(of, from, 100, 100));
  expect(pages).toHaveLength(4);
  expect(pages.reduce((sum, { visitors }) => sum + visitors, 0)).toBe(1);
});
