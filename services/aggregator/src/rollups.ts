import type { ClickHouse } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { dayPlaces, daysOf, placeName } from './day-places.ts';
import { type Day, type DirtyDay, type DirtyDays, ROLLUPS } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import type { Restated, Restatements } from './restatements.ts';
import { DIFFERING, daysOfSlice, INSERTS, rowsOfDays } from './rollup-queries.ts';

/** What a statement holds in memory, and how long it takes, is bounded by them; a single day may have more rows. */
const MAX_ROWS = 500_000;
const MAX_DAYS = 512;
/** How many are looked at first, and how much more when they were few rows: of large stores only some are made a run. */
const FIRST_DAYS = 32;
const MORE_DAYS = 4;

/** Days of a store whose rollups are to be made. */
export type ToRoll = {
  store: Store;
  days: readonly DirtyDay[];
  /** The last event of the ledgers that readers know of; no report stands earlier. */
  settledAt: number;
  /** null: nothing that moves is told. */
  restated: Restated | null;
};

/** In their order, as many at a time as stay within MAX_ROWS, one at least. */
const cut = <T>(days: readonly T[], rowsOf: (day: T) => number): T[][] => {
  const steps: T[][] = [];
  let room = 0;
  for (const day of days) {
    const rows = rowsOf(day);
    const last = steps.at(-1);
    if (last && rows <= room) last.push(day);
    else {
      steps.push([day]);
      room = MAX_ROWS;
    }
    room -= rows;
  }
  return steps;
};

/**
 * Day rows made of ledger rows (see schemas/clickhouse): written whole, and only when their day is dirty. Before a
 * rollup says anything new of a day that had closed, the restatement of it is written. Small stores share statements:
 * most of what one costs is being understood.
 */
export const createRollups = ({
  clickhouse,
  fence,
  dirtyDays,
  restatements,
  isFrozen = () => false,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  dirtyDays: DirtyDays;
  restatements: Restatements;
  isFrozen?: (day: { store_id: string; day: string }) => boolean;
}) => {
  /** Brings the rollups of these days to what the ledger says. */
  const write = async (
    ofStores: readonly { store_id: string; days: readonly Day[]; settledAt: number }[],
  ): Promise<void> => {
    for (const rollup of ROLLUPS) {
      const some = ofStores
        .map(({ days, ...ofStore }) => ({ ...ofStore, days: daysOf(days.filter((each) => each.rollup === rollup)) }))
        .filter(({ days }) => days.length > 0);
      if (some.length === 0) continue;
      await fence.insertSelect(`${rollup}_days`, INSERTS[rollup], {
        ...dayPlaces(some),
        ...(rollup === 'cart' && { settled_at: some.map(({ settledAt }) => settledAt) }),
      });
    }
  };

  const rowsOf = async (days: readonly DirtyDay[]): Promise<Map<string, number>> => {
    const ofStores = [...Map.groupBy(days, ({ store_id }) => store_id)];
    const places = dayPlaces(ofStores.map(([store_id, mine]) => ({ store_id, days: daysOf(mine) })));
    const rows = await clickhouse.query(rowsOfDays, places);
    return new Map(rows.map((row) => [placeName(row), row.ledger_rows]));
  };

  return {
    /** Dirty days, of whichever stores, as many at a time as are made together, in the order given. */
    async *stepsOf(dirty: readonly DirtyDay[]): AsyncGenerator<DirtyDay[], void, undefined> {
      const days = [...Map.groupBy(dirty, placeName).values()];
      let most = FIRST_DAYS;
      for (let from = 0; from < days.length; ) {
        const some = days.slice(from, from + most);
        from += some.length;
        const rows = await rowsOf(some.flat());
        const steps = cut(some, ([first]) => (first && rows.get(placeName(first))) ?? 0);
        for (const step of steps) yield step.flat();
        if (steps.length === 1) most = Math.min(most * MORE_DAYS, MAX_DAYS);
      }
    },

    /** Makes all these: a step of stepsOf. Done again after it failed anywhere, it comes to the same. */
    async roll(some: readonly ToRoll[]): Promise<void> {
      await restatements.write(some);
      await write(some.map(({ store: { store_id }, days, settledAt }) => ({ store_id, days, settledAt })));
      await dirtyDays.clear(some.flatMap(({ days }) => days));
    },

    /**
     * Compares the rollups of a slice of a store's days that are neither dirty nor frozen with the ledger and mends those that differ;
     * answers how many did. Carts that are settled by `settledAt` lose their last activities.
     */
    async verify(store_id: string, slice: { slice: number; slices: number }, settledAt: number): Promise<number> {
      const all = await clickhouse.query(daysOfSlice, { store_id, ...slice });
      const days = all.filter(({ day }) => !isFrozen({ store_id, day }));
      let mended = 0;
      for (const some of cut(days, ({ ledger_rows }) => ledger_rows)) {
        const asked = { store_id, days: some.map(({ day }) => day) };
        const settled_at = some.map((each) => each.settled_at);
        const settling = some.filter(
          ({ settles_at, settled_at }) => settles_at > settled_at && settles_at <= settledAt,
        );
        const written: DirtyDay[] = [];
        for (const rollup of ROLLUPS) {
          const params = rollup === 'cart' ? { ...asked, settled_at } : asked;
          const wrong = (await clickhouse.query(DIFFERING[rollup], params)).map(({ day }) => day);
          mended += wrong.length;
          const anew = new Set([...wrong, ...(rollup === 'cart' ? settling.map(({ day }) => day) : [])]);
          written.push(...[...anew].map((day) => ({ store_id, rollup, day, asOf: 0 })));
        }
        if (written.length === 0) continue;
        await dirtyDays.mark(written);
        await write([{ store_id, days: written, settledAt }]);
        await dirtyDays.clear(written);
      }
      return mended;
    },
  };
};
export type Rollups = ReturnType<typeof createRollups>;
