import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import type { RestatementCause } from '@cartledger/funnel';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import { dayPlaces, dayPlacesParams, daysOf, inDays, placeName } from './day-places.ts';
import { type DirtyDay, ROLLUPS } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import { type Figures, readFigures } from './figures.ts';
import { daysOfOrders, movedFigures, ordersMoved, speaksOf } from './moved-figures.ts';

export const RESTATEMENT_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'day', type: 'Date32' },
  { name: 'figure', type: 'String' },
  { name: 'since', type: 'UInt64' },
  { name: 'version', type: 'UInt64' },
  { name: 'is_deleted', type: 'UInt8' },
  { name: 'from', type: 'String' },
  { name: 'to', type: 'String' },
  { name: 'cause', type: 'LowCardinality(String)' },
  { name: 'at', type: "DateTime64(3, 'UTC')" },
] as const;

export const writtenOfDays = defineQuery({
  name: 'restatements.written',
  sql: `SELECT store_id, day, figure, since FROM restatements FINAL WHERE ${inDays}`,
  params: dayPlacesParams,
  row: z.object({ store_id: z.string(), day: z.string(), figure: z.string(), since: bigInteger }),
});
type Written = z.output<typeof writtenOfDays.row>;

/** The first and the last day that any rollup of a store speaks of. */
export const knownDays = defineQuery({
  name: 'restatements.known_days',
  sql: `
    SELECT store_id, toString(min(first)) AS first_day, toString(max(last)) AS last_day
    FROM (${ROLLUPS.map(
      (rollup) =>
        `SELECT store_id, min(day) AS first, max(day) AS last FROM ${rollup}_days WHERE store_id IN {stores:Array(String)} GROUP BY store_id`,
    ).join(' UNION ALL ')})
    GROUP BY store_id`,
  params: z.object({ stores: z.array(z.string()) }),
  row: z.object({ store_id: z.string(), first_day: z.string(), last_day: z.string() }),
});

/** What readers were told so far, and why the ledgers are made anew. */
export type Restated = {
  /** The T at which old and new figures are compared: not before the ledgers' last event. */
  comparedAt: number;
  /** Of all that moves on a day, in a rebuild or by an erasure; null: each figure's own. */
  causeOf(day: string): 'definition' | 'erasure' | null;
};

type Line = Written & { from: string; to: string; cause: RestatementCause; is_deleted: 0 | 1 };

/** A store's dirty days whose rollups are about to be written. */
type Told = { store: Store; days: readonly DirtyDay[]; restated: Restated | null };

const nothingAs = (figures: Figures): Figures => ({
  ...figures,
  version: 0n,
  excluded: 0,
  lastActivityAt: 0,
  lastOrderedAt: 0,
  settlesAt: 0,
  values: new Map(),
});

/** The lines that say which figures of closed days moved, and why: the rules are in docs/decisions/0014. */
export const createRestatements = ({
  clickhouse,
  fence,
  calendarOf,
  now,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  calendarOf: Calendars;
  now: () => number;
}) => {
  const insert = (lines: readonly Line[]): Promise<void> =>
    fence.write(({ version, onlyIf }) => {
      const at = now();
      const rows = lines.map((line) => ({ ...line, version, at }));
      return clickhouse.insertNative('restatements', RESTATEMENT_COLUMNS, rows, onlyIf);
    });

  /** Only days that were over when reports were last told have anything that may have closed. */
  const endedOf = ({ store, days, restated }: Told) => {
    const calendar = calendarOf(store.definition.time_zone);
    const ended = restated ? days.filter(({ day, asOf }) => calendar.dayEnd(day) <= asOf) : [];
    if (!restated || ended.length === 0) return [];
    return [{ store, store_id: store.store_id, calendar, restated, days, ended }];
  };
  type Ended = ReturnType<typeof endedOf>[number];

  const read = async (from: 'stored' | 'live', some: readonly Ended[]): Promise<Map<string, Figures>> => {
    const figures = new Map<string, Figures>();
    for (const kind of ROLLUPS) {
      const ofStores = some.map(({ store: { store_id, versions }, days, ended, restated }) => ({
        store_id,
        versions,
        asOf: restated.comparedAt,
        // Orders of any day may be why a day that has closed moves.
        days: daysOf((kind === 'order' ? days : ended).filter(({ rollup }) => rollup === kind)),
      }));
      for (const [subject, each] of await readFigures(clickhouse, from, kind, ofStores)) figures.set(subject, each);
    }
    return figures;
  };

  /**
   * Whether reports can have said anything of a day. Not of one before the store's first, nor of one after its last that
   * was over before the store was made: that is history, which comes in for the first time. A quiet day between has been
   * told of as a day of nothing.
   */
  const toldOf = async (some: readonly Ended[]): Promise<(place: { store_id: string; day: string }) => boolean> => {
    const stores = new Map(some.map((each) => [each.store_id, each]));
    const rows = await clickhouse.query(knownDays, { stores: [...stores.keys()] });
    const known = new Map(rows.map((row) => [row.store_id, row]));
    return ({ store_id, day }) => {
      const [of, range] = [stores.get(store_id), known.get(store_id)];
      if (!of || !range || day < range.first_day) return false;
      return day <= range.last_day || of.calendar.dayEnd(day) > of.store.created_at;
    };
  };

  return {
    /**
     * Before the rollups of dirty days are written anew: a line for each figure that will differ from what a report
     * said of a closed day. Done again after a crash, it replaces its lines and takes back those that no longer hold.
     */
    async write(told: readonly Told[]): Promise<void> {
      const ended = told.flatMap(endedOf);
      if (ended.length === 0) return;
      const isTold = await toldOf(ended);
      const moving = ended
        .map((each) => ({ ...each, ended: each.ended.filter(({ store_id, day }) => isTold({ store_id, day })) }))
        .filter((each) => each.ended.length > 0);
      if (moving.length === 0) return;
      const [stored, live] = [await read('stored', moving), await read('live', moving)];
      const places = dayPlaces(moving.map(({ store_id, ended }) => ({ store_id, days: daysOf(ended) })));
      const written = Map.groupBy(await clickhouse.query(writtenOfDays, places), placeName);
      const byStore = new Map(moving.map((each) => [each.store_id, each]));
      const toldAt = new Map(
        moving.flatMap(({ ended }) => ended.map((day) => [`${placeName(day)} ${day.rollup}`, day.asOf])),
      );

      const compared = [...new Set([...stored.keys(), ...live.keys()])].flatMap((subject) => {
        const [was, is] = [stored.get(subject), live.get(subject)];
        const some = is ?? was;
        return some ? [{ some, was, is, before: was ?? nothingAs(some), after: is ?? nothingAs(some) }] : [];
      });
      const withOtherOrders = Map.groupBy(
        compared.flatMap(({ some, before, after }) =>
          some.kind === 'order' && ordersMoved(before, after) ? [some] : [],
        ),
        ({ store_id }) => store_id,
      );

      const lines: Line[] = [];
      for (const { some, was, is, before, after } of compared) {
        const of = byStore.get(some.store_id);
        const asOf = toldAt.get(`${placeName(some)} ${some.kind}`);
        if (!of || asOf === undefined) continue;
        const cause = of.restated.causeOf(some.day);
        // A funnel that a definition has brought or taken has no figures to move.
        if (cause === 'definition' && some.kind === 'funnel' && !(was && is)) continue;
        const { first, last } = daysOfOrders(before, after, of.calendar);
        const otherOrders = (withOtherOrders.get(some.store_id) ?? []).some(({ day }) => first <= day && day <= last);
        const moved = movedFigures(before, after, { calendar: of.calendar, asOf, cause, otherOrders });
        if (moved === null) continue;
        const line = { store_id: some.store_id, day: some.day, since: before.version };
        for (const { figure, from, to, cause } of moved)
          lines.push({ ...line, figure, from: String(from), to: String(to), cause, is_deleted: 0 });
        const isSaid = new Set(moved.map(({ figure }) => figure));
        for (const { since, figure } of written.get(placeName(some)) ?? [])
          if (since === before.version && speaksOf(some, figure) && !isSaid.has(figure))
            lines.push({ ...line, figure, from: '', to: '', cause: 'late_event', is_deleted: 1 });
      }
      if (lines.length > 0) await insert(lines);
    },

    /** The one line of a store whose days have all been cut anew. `since` names the rebuild. */
    zoneChanged: (store_id: string, change: { day: string; since: bigint; from: string; to: string }): Promise<void> =>
      insert([{ ...change, store_id, figure: 'all', cause: 'time_zone', is_deleted: 0 }]),
  };
};
export type Restatements = ReturnType<typeof createRestatements>;
