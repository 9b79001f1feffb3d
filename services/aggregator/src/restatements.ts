import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { type Calendar, DAY_MS, type RestatementCause } from '@cartledger/funnel';
import { z } from 'zod';
import type { Calendars } from './calendars.ts';
import { MAX_DAYS, rangesOf } from './day-ranges.ts';
import { type DirtyDay, ROLLUPS, type Rollup } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import { type Figures, readFigures } from './figures.ts';

const COLUMNS = [
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

const writtenOfDays = defineQuery({
  name: 'restatements.written',
  sql: `SELECT day, figure, since FROM restatements FINAL
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}`,
  params: z.object({ store_id: z.string(), from: z.string(), to: z.string() }),
  row: z.object({ day: z.string(), figure: z.string(), since: bigInteger }),
});

/** What readers were told so far, and why the ledgers are made anew. */
export type Restated = {
  /** The T at which old and new figures are compared: not before the ledgers' last event. */
  comparedAt: number;
  /** Of all that moves on a day, in a rebuild; null: each figure's own. */
  causeOf(day: string): 'definition' | null;
};

type Change = { day: string; figure: string; since: bigint; from: bigint; to: bigint; cause: RestatementCause };

const windowOf = (funnel: string): number => Number(funnel.slice(funnel.lastIndexOf('/') + 1));

/** When the figures close: from then on time alone changes none of them. */
const closesAt = ({ kind, day, funnel, settlesAt }: Figures, calendar: Calendar): number => {
  const end = calendar.dayEnd(day);
  if (kind === 'funnel') return end + windowOf(funnel);
  return kind === 'order' ? end + DAY_MS : Math.max(end, settlesAt);
};

const figureOf = ({ values }: Figures, path: string): bigint => values.get(path) ?? 0n;
const grew = (before: Figures, after: Figures, path: string): boolean => figureOf(after, path) > figureOf(before, path);

/** What a cart's recovery takes from one figure and gives to another. */
const RECOVERY_MOVES = / carts\.(recovered|recovered_late|abandoned|lost|left|bought)$/;
/** A cart is neither made nor bought before its abandonment by coming back. */
const MADE_BY_EVENTS = / carts\.(created|purchased)$/;

const causeOf = (figure: string, before: Figures, after: Figures, closedAt: number): RestatementCause => {
  if (before.excluded !== after.excluded) return 'bot';
  switch (after.kind) {
    case 'funnel':
      return figure.endsWith(' stages.purchase.units') ? 'late_order' : 'late_event';
    case 'order':
      // An order finds its cart when an event of the cart turns up; all else of an order it says itself.
      return figure.endsWith(' orders.without_cart') && !grew(before, after, figure.replace('without_cart', 'count'))
        ? 'late_event'
        : 'late_order';
    case 'cart': {
      const recovered = grew(before, after, 'abandonment carts.recovered');
      if (RECOVERY_MOVES.test(figure) && recovered && after.lastOrderedAt >= closedAt) return 'recovered';
      const revived = grew(before, after, 'abandonment carts.revived');
      if (!MADE_BY_EVENTS.test(figure) && revived && after.lastActivityAt >= closedAt) return 'revived';
      if (MADE_BY_EVENTS.test(figure)) return figure.endsWith('created') ? 'late_event' : 'late_order';
      return recovered || grew(before, after, 'abandonment carts.purchased') ? 'late_order' : 'late_event';
    }
  }
};

/** Whether a figure's path is one of these figures' own. */
const speaksOf = ({ kind, funnel }: Figures, figure: string): boolean => {
  if (kind === 'funnel') return figure.startsWith(`funnel ${funnel} `);
  const ofCarts = figure.startsWith('abandonment ') || /^revenue \S+ carts\./.test(figure);
  return kind === 'cart' ? ofCarts : /^revenue \S+ orders\./.test(figure);
};

/** The lines that say which figures of closed days moved, and why: see schemas/clickhouse for the rules. */
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
  const insert = async (
    store_id: string,
    changes: readonly (Omit<Change, 'from' | 'to'> & { from: string; to: string; is_deleted: number })[],
  ): Promise<void> => {
    const { version, onlyIf } = await fence.begin();
    const at = now();
    await clickhouse.insertNative(
      'restatements',
      COLUMNS,
      changes.map((change) => ({ ...change, store_id, version, at })),
      onlyIf,
    );
  };

  return {
    /**
     * Before the rollups of dirty days are written anew: a line for each figure that will differ from what a report
     * said of a closed day. Done again after a crash, it replaces its lines and takes back those that no longer hold.
     */
    async write(
      { store_id, definition, versions }: Store,
      dirty: readonly DirtyDay[],
      restated: Restated,
    ): Promise<void> {
      const { comparedAt } = restated;
      const calendar = calendarOf(definition.time_zone);
      const ended = dirty.filter(({ day, asOf }) => calendar.dayEnd(day) <= asOf);
      const toldAt = new Map(ended.map(({ day, rollup, asOf }) => [`${day} ${rollup}`, asOf]));
      const days = ended.map(({ day }) => day).sort((a, b) => (a < b ? -1 : 1));
      const [from, to] = [days[0], days.at(-1)];
      if (from === undefined || to === undefined) return;
      const read = async (source: 'stored' | 'live', daysOf: (kind: Rollup) => string[]) => {
        const figures = new Map<string, Figures>();
        for (const kind of ROLLUPS)
          for (const { from, to } of rangesOf(daysOf(kind), MAX_DAYS[kind])) {
            const period = { store_id, from, to, versions, asOf: comparedAt, kinds: [kind] };
            for (const [subject, each] of await readFigures(clickhouse, source, period)) figures.set(subject, each);
          }
        return figures;
      };
      const stored = await read('stored', () => days);
      const known = new Set([...stored.values()].map(({ day }) => day));
      if (known.size === 0) return;
      const live = await read('live', (kind) => ended.filter(({ rollup }) => rollup === kind).map(({ day }) => day));
      const written = await clickhouse.query(writtenOfDays, { store_id, from, to });

      const changes: Change[] = [];
      const outdated: typeof written = [];
      for (const subject of new Set([...stored.keys(), ...live.keys()])) {
        const [was, is] = [stored.get(subject), live.get(subject)];
        const some = is ?? was;
        const asOf = some && toldAt.get(`${some.day} ${some.kind}`);
        if (!some || asOf === undefined || !known.has(some.day)) continue;
        const cause = restated.causeOf(some.day);
        // A funnel that a definition has brought or taken has no figures to move.
        if (cause === 'definition' && some.kind === 'funnel' && !(was && is)) continue;
        const nothing: Figures = {
          ...some,
          version: 0n,
          excluded: 0,
          lastActivityAt: 0,
          lastOrderedAt: 0,
          settlesAt: 0,
          values: new Map(),
        };
        const [before, after] = [was ?? nothing, is ?? nothing];
        const closedAt = closesAt(before, calendar);
        if (closedAt > asOf) continue;
        const since = before.version;
        const moved = new Set<string>();
        for (const figure of new Set([...before.values.keys(), ...after.values.keys()])) {
          if (
            cause === 'definition' &&
            some.kind === 'funnel' &&
            !(before.values.has(figure) && after.values.has(figure))
          )
            continue;
          const [old, now] = [figureOf(before, figure), figureOf(after, figure)];
          if (old === now) continue;
          moved.add(figure);
          const why = cause ?? causeOf(figure, before, after, closedAt);
          changes.push({ day: some.day, figure, since, from: old, to: now, cause: why });
        }
        for (const line of written)
          if (line.day === some.day && line.since === since && speaksOf(some, line.figure) && !moved.has(line.figure))
            outdated.push(line);
      }
      if (changes.length === 0 && outdated.length === 0) return;
      await insert(store_id, [
        ...changes.map((change) => ({ ...change, from: String(change.from), to: String(change.to), is_deleted: 0 })),
        ...outdated.map((line) => ({ ...line, from: '', to: '', cause: 'late_event' as const, is_deleted: 1 })),
      ]);
    },

    /** The one line of a store whose days have all been cut anew. `since` names the rebuild. */
    zoneChanged: (store_id: string, change: { day: string; since: bigint; from: string; to: string }): Promise<void> =>
      insert(store_id, [{ ...change, figure: 'all', cause: 'time_zone', is_deleted: 0 }]),
  };
};
export type Restatements = ReturnType<typeof createRestatements>;
