import { ClickHouseError } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import type { DirtyDay } from './dirty-days.ts';
import { AggregatorError } from './errors.ts';
import { createAggregatorMetrics } from './metrics.ts';
import { createRollupTurns } from './rollup-turns.ts';
import type { ToRoll } from './rollups.ts';

const BAD = new RangeError('cannot be computed');
const DOWN = new ClickHouseError('unavailable', 'down', { retriable: true });

const day = (store_id: string, date = '2027-01-10'): DirtyDay => ({ store_id, rollup: 'cart', day: date, asOf: 0 });

/** Turns over dirty days that are made `together` at a time; answers what was made. */
const turnsOf = (
  dirty: DirtyDay[],
  {
    failing = {},
    uncounted = {},
    together = 100,
    rollupMs = 60_000,
  }: { failing?: Record<string, Error>; uncounted?: Record<string, Error>; together?: number; rollupMs?: number },
) => {
  const asked: string[] = [];
  const rollups = {
    async *stepsOf(days: readonly DirtyDay[]) {
      for (const { store_id } of days) if (uncounted[store_id]) throw uncounted[store_id];
      for (let from = 0; from < days.length; from += together) yield days.slice(from, from + together);
    },
    async roll(some: readonly ToRoll[]) {
      asked.push(some.map(({ store, days }) => `${store.store_id}${days.length}`).join('+'));
      for (const { store } of some) if (failing[store.store_id]) throw failing[store.store_id];
      const made = new Set(some.flatMap(({ days }) => days));
      dirty.splice(0, dirty.length, ...dirty.filter((each) => !made.has(each)));
    },
    verify: async () => 0,
  };
  const dirtyDays = {
    list: async () => [...dirty],
    publishedAre: () => {},
    mark: async () => {},
    markAll: async () => {},
    announce: async () => {},
    clear: async () => {},
  };
  const logger = createLogger({ component: 'test', level: 'silent' });
  const metrics = createAggregatorMetrics(createMetrics());
  const erasures = { restatedDays: async () => new Map() };
  const rollUp = createRollupTurns({ dirtyDays, rollups, erasures, logger, metrics }, { rollupMs, holdMs: () => 0 });
  const run = (...stores: string[]) =>
    rollUp({
      stores: stores.map((store_id) => ({ store_id }) as Store),
      before: new Map(),
      lastEventAt: new Map(),
    });
  return { asked, run };
};

test('days of many stores are made together, those of other stores not', async () => {
  const { asked, run } = turnsOf([day('a'), day('b'), day('a', '2027-01-11'), day('other')], {});
  expect(await run('a', 'b')).toBe(0);
  expect(asked).toEqual(['a2+b1']);
});

test('a store that cannot be made is found, the others are made, and it is tried apart from then on', async () => {
  const { asked, run } = turnsOf([day('a'), day('b'), day('c')], { failing: { b: BAD } });
  expect(await run('a', 'b', 'c')).toBe(0);
  expect(asked.splice(0)).toEqual(['a1+b1+c1', 'a1', 'b1', 'c1']);
  expect(await run('a', 'b', 'c')).toBe(0);
  expect(asked).toEqual(['b1']);
});

test('a store in trouble has no more turns in the run', async () => {
  const { asked, run } = turnsOf([day('a'), day('a', '2027-01-11'), day('b')], { failing: { a: DOWN }, together: 1 });
  await run('a', 'b');
  expect(asked).toEqual(['a1', 'b1']);
});

test('a store whose days cannot be counted holds up nobody', async () => {
  const { asked, run } = turnsOf([day('a'), day('b'), day('c')], { uncounted: { b: DOWN } });
  expect(await run('a', 'b', 'c')).toBe(0);
  expect(asked).toEqual(['a1', 'c1']);
});

test('without time nothing is made, and all is left', async () => {
  const { asked, run } = turnsOf([day('a'), day('b')], { rollupMs: 0 });
  expect(await run('a', 'b')).toBe(2);
  expect(asked).toEqual([]);
});

test('what forbids all writing ends the run', async () => {
  const lost = new AggregatorError('lease_lost', 'lost');
  await expect(turnsOf([day('a'), day('b')], { failing: { a: lost } }).run('a', 'b')).rejects.toBe(lost);
});
