import {
  createDirtyDays,
  createLedger,
  createRestatements,
  createRollups,
  DIFFERING,
  daysOfSlice,
  knownDays,
  RESTATEMENT_COLUMNS,
  ROLLUPS,
  readFigures,
  rowsOfDays,
  writtenOfDays,
} from '@cartledger/aggregator/testing';
import { createCalendar } from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import { beginWriting, type Suite } from './harness.ts';
import { hasher, ledgerOf } from './samples.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

export const rollupsSection = (suite: Suite): void => {
  /** A store with all that writes its ledger and rollups, and the random shop whose they are. */
  const shopOf = async (seed: number) => {
    const { clickhouse } = suite;
    const store_id = suite.newStore();
    const shop = ledgerOf(seed);
    const { fence, nextVersion } = await beginWriting(clickhouse);
    const dirtyDays = createDirtyDays({ clickhouse, fence });
    const ledger = createLedger({ clickhouse, fence, dirtyDays, hasher });
    const restatements = createRestatements({
      clickhouse,
      fence,
      calendarOf: createCalendar,
      now: () => shop.lastEventAt,
    });
    const rollups = createRollups({ clickhouse, fence, dirtyDays, restatements });
    const store = { store_id, created_at: 0, definition: shop.definition, versions: shop.versions };
    const nodes = [...new Set(shop.rows.map(({ node }) => node))].map((name) => hasher.xxh64(name));
    const dirty = async () => (await dirtyDays.list()).filter((day) => day.store_id === store_id);
    return {
      ...shop,
      store_id,
      rollups,
      dirtyDays,
      nextVersion,
      dirty,
      write: (rows: typeof shop.rows) =>
        ledger.replace(new Map([[store_id, { nodes, rows }]]), { force: false, verify: false }),
      roll: async (settledAt = 0) => {
        const days = await dirty();
        if (days.length === 0) return;
        const restated = { comparedAt: shop.lastEventAt, causeOf: () => null };
        await rollups.roll([{ store, days, settledAt, restated }]);
      },
    };
  };

  const slice = (store_id: string, part = { slice: 0, slices: 1 }) =>
    suite.clickhouse.query(daysOfSlice, { store_id, ...part });

  /** Days on which rollups and ledger say something else. */
  const differing = async (store_id: string): Promise<string[]> => {
    const days = await slice(store_id);
    const asked = { store_id, days: days.map(({ day }) => day) };
    const settled_at = days.map((day) => day.settled_at);
    const wrong = await Promise.all([
      suite.clickhouse.query(DIFFERING.funnel, asked),
      suite.clickhouse.query(DIFFERING.cart, { ...asked, settled_at }),
      suite.clickhouse.query(DIFFERING.order, asked),
    ]);
    return wrong.flatMap((rows, i) => rows.map(({ day }) => `${ROLLUPS[i]} ${day}`));
  };

  const figuresOf = async (from: 'stored' | 'live', { store_id, versions, days, asOf }: Asked) => {
    const lists = [];
    for (const rollup of ROLLUPS)
      lists.push(await readFigures(suite.clickhouse, from, rollup, [{ store_id, versions, days, asOf }]));
    return new Map(
      lists.flatMap((figures) =>
        [...figures].map(([subject, { values }]): [string, [string, bigint][]] => [
          subject,
          [...values].filter(([, n]) => n !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        ]),
      ),
    );
  };
  type Asked = { store_id: string; versions: ReturnType<typeof ledgerOf>['versions']; days: string[]; asOf: number };

  describe('rollups', () => {
    test.each(SEEDS)('of random shop %i they are what the ledger says, as it grows and as it shrinks', async (seed) => {
      const shop = await shopOf(seed);
      await shop.write(shop.fewer);
      expect((await shop.dirty()).length).toBeGreaterThan(0);
      expect(await slice(shop.store_id)).toEqual([]);
      await shop.roll();
      expect(await shop.dirty()).toEqual([]);
      for (const rows of [shop.rows, shop.fewer]) {
        await shop.write(rows);
        // No day is dirty for those who begin anew by what the rollups say: all that moved is found.
        await shop.roll(shop.lastEventAt);
        const days = (await slice(shop.store_id)).map(({ day }) => day);
        const { store_id, versions } = shop;
        for (const asOf of [shop.lastEventAt, shop.lastEventAt + 3_600_000, shop.lastEventAt + 90 * 86_400_000]) {
          const asked = { store_id, versions, days, asOf };
          const live = await figuresOf('live', asked);
          const stored = await figuresOf('stored', asked);
          for (const [subject, values] of live) expect(stored.get(subject), subject).toEqual(values);
        }
      }
    });

    test('a day whose rollup is behind is found when nobody knows that it is dirty, and mended once', async () => {
      const shop = await shopOf(21);
      await shop.write(shop.fewer);
      await shop.roll();
      const before = new Set(await differing(shop.store_id));
      await shop.write(shop.rows);
      await shop.dirtyDays.clear(await shop.dirty());
      const wrong = (await differing(shop.store_id)).filter((day) => !before.has(day));
      expect(wrong.length).toBeGreaterThan(0);
      const all = { slice: 0, slices: 1 };
      expect(await shop.rollups.verify(shop.store_id, all, 0)).toBeGreaterThanOrEqual(wrong.length);
      const after = await differing(shop.store_id);
      expect(after.filter((day) => wrong.includes(day))).toEqual([]);
    });

    test('a day of bots alone is as its ledger is', async () => {
      const shop = await shopOf(13);
      await shop.write(shop.rows.map((row) => ('excluded' in row ? { ...row, excluded: true } : row)));
      await shop.roll();
      expect(await differing(shop.store_id)).toEqual([]);
    });

    test('days are cut into slices, each day in one, and dirty ones are in none', async () => {
      const shop = await shopOf(5);
      await shop.write(shop.rows);
      await shop.roll();
      const days = await slice(shop.store_id);
      const parts = [];
      for (let part = 0; part < 3; part++) parts.push(...(await slice(shop.store_id, { slice: part, slices: 3 })));
      expect(parts.toSorted((a, b) => (a.day < b.day ? -1 : 1))).toEqual(days);
      const [first] = days;
      if (first === undefined) throw new Error('no days');
      await shop.dirtyDays.mark([{ store_id: shop.store_id, rollup: 'order', day: first.day }]);
      expect((await slice(shop.store_id)).map(({ day }) => day)).not.toContain(first.day);
    });

    test('every day that anything speaks of is marked when all are', async () => {
      const shop = await shopOf(9);
      await shop.write(shop.rows);
      const dirty = await shop.dirty();
      await shop.roll();
      await shop.dirtyDays.markAll(shop.store_id);
      const names = (days: typeof dirty) =>
        days.map(({ rollup, day }) => `${rollup} ${day}`).toSorted((a, b) => (a < b ? -1 : 1));
      expect(names(await shop.dirty())).toEqual(names(dirty));
      const places = { stores: [shop.store_id], store_numbers: dirty.map(() => 1), days: dirty.map(({ day }) => day) };
      const counted = await suite.clickhouse.query(rowsOfDays, places);
      expect(counted.reduce((sum, { ledger_rows }) => sum + ledger_rows, 0)).toBe(shop.rows.length);
      const [known] = await suite.clickhouse.query(knownDays, { stores: [shop.store_id, 'nobody'] });
      const days = dirty.map(({ day }) => day).toSorted((a, b) => (a < b ? -1 : 1));
      expect(known).toEqual({ store_id: shop.store_id, first_day: days.at(0), last_day: days.at(-1) });
    });

    test('restatements are known by day, but those that were taken back', async () => {
      const { clickhouse } = suite;
      const store_id = suite.newStore();
      const { nextVersion, condition } = await beginWriting(clickhouse);
      const line = { store_id, day: '2026-06-15', since: 7n, from: '1', to: '2', cause: 'late_event', at: 1 };
      const insert = (figure: string, is_deleted: 0 | 1, day = line.day) =>
        clickhouse.insertNative(
          'restatements',
          RESTATEMENT_COLUMNS,
          [{ ...line, day, figure, is_deleted, version: nextVersion() }],
          condition,
        );
      for (const figure of ['a', 'b']) await insert(figure, 0);
      await insert('b', 1);
      await insert('c', 0, '2026-06-16');
      const written = (days: string[]) =>
        clickhouse.query(writtenOfDays, { stores: [store_id], store_numbers: days.map(() => 1), days });
      expect(await written(['2026-06-15'])).toEqual([{ store_id, day: '2026-06-15', figure: 'a', since: 7n }]);
      expect(await written(['2026-06-15', '2026-06-16'])).toHaveLength(2);
    });
  });
};
