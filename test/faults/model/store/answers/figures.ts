import { FIGURES, type Rollup } from '@cartledger/aggregator/testing';
import { answerLoosely } from '../answer.ts';
import type { Readable } from '../server.ts';
import { big, int, isBig, isBool, isInt, isText, list, listOf, type Row, text, type Value } from '../value.ts';
import { daysOfLedger } from './rollups.ts';
import { inDays } from './sets.ts';

type Days = Parameters<typeof inDays>[0];

/** Rows of a rollup, each with its version: as stored, or as the ledger says them now, in version 0. */
type Source = (from: Readable, rollup: Rollup, days: Days) => Row[];
const stored: Source = (from, rollup, days) => from.table(`${rollup}_days`).final().filter(inDays(days));
const live: Source = (from, rollup, days) =>
  daysOfLedger(from, rollup, inDays(days)).map((row) => ({ ...row, version: 0n }));

const subject = (row: Row) => ({
  store_id: text(row, 'store_id'),
  day: text(row, 'day'),
  version: `${big(row, 'version')}`,
});

const MAX_STAGES = 32;
const stages = Array.from({ length: MAX_STAGES }, (_, k) => k);

const summed = (row: Row, units: string, isIn: (i: number) => boolean): string =>
  `${listOf(row, units, isBig).reduce((sum, n, i) => (isIn(i) ? sum + n : sum), 0n)}`;

const funnelFigures = (row: Row) => {
  const [hits, bits] = [listOf(row, 'cells.hit', isInt), listOf(row, 'any_cells.bit', isInt)];
  return {
    ...subject(row),
    funnel: text(row, 'funnel'),
    definition_version: int(row, 'definition_version'),
    excluded: `${big(row, 'excluded')}`,
    units: stages.map((k) => summed(row, 'cells.units', (i) => (((hits[i] ?? 0) >>> k) & 1) === 1)),
    units_any: stages.map((k) => summed(row, 'any_cells.units', (i) => bits[i] === k)),
  };
};

/** One cell of a day of carts; of a day without any, one of nothing (LEFT ARRAY JOIN). */
const cellsOf = (row: Row) => {
  const texts = (name: string) => listOf(row, `cells.${name}`, isText);
  const flags = (name: string) => listOf(row, `cells.${name}`, isBool);
  const wide = (name: string) => listOf(row, `cells.${name}`, isBig);
  const times = listOf(row, 'cells.last_activity_at', isInt);
  const indexes = times.length === 0 ? [0] : times.map((_, i) => i);
  return indexes.map((i) => ({
    outcome: texts('outcome')[i] ?? '',
    holds: flags('holds_items')[i] ?? false,
    revived: flags('revived')[i] ?? false,
    idle: Number(wide('idle_ms')[i] ?? 0n),
    abandon: Number(wide('abandon_ms')[i] ?? 0n),
    recovery: Number(wide('recovery_ms')[i] ?? 0n),
    activeAt: times[i] ?? 0,
    checkout: flags('has_checkout')[i] ?? false,
    contactable: flags('contactable')[i] ?? false,
    furthest: texts('furthest')[i] ?? '',
    abandoned_point: texts('abandoned_point')[i] ?? '',
    reason: texts('reason')[i] ?? '',
    carts: wide('carts')[i] ?? 0n,
    amounts: list(row, 'cells.amounts')[i] ?? [],
  }));
};
type Cell = ReturnType<typeof cellsOf>[number];

const stateOf = ({ outcome, holds, idle, abandon, recovery, activeAt }: Cell, asOf: number): string => {
  if (outcome === 'purchased') return 'purchased';
  if (outcome !== '') return 'recovered';
  if (!holds) return 'emptied';
  const inactive = asOf - activeAt;
  if (inactive < idle) return 'active';
  if (inactive < abandon) return 'idle';
  return inactive < abandon + recovery ? 'abandoned' : 'lost';
};

type Entry = { currency: string; carts: bigint; value: bigint; peak: bigint };

const isTuple = (value: Value): value is readonly Value[] => Array.isArray(value);

/** The carts themselves under '', then by currency those with a value in it. */
const entriesOf = ({ carts, amounts }: Cell): Entry[] => [
  { currency: '', carts, value: 0n, peak: 0n },
  ...(isTuple(amounts) ? amounts.filter(isTuple) : []).map(([currency, ...sums]) => {
    const [some = 0n, value = 0n, peak = 0n] = sums.filter(isBig);
    return { currency: String(currency), carts: some, value, peak };
  }),
];

const cartFigures = (row: Row, asOf: number) => {
  const entries = cellsOf(row).flatMap((cell) => {
    const { outcome, revived, checkout, contactable, furthest, abandoned_point, reason } = cell;
    const alike = {
      ...subject(row),
      excluded: `${big(row, 'excluded')}`,
      activity: `${int(row, 'last_activity_at')}`,
      ordering: `${int(row, 'last_ordered_at')}`,
      settling: `${int(row, 'settles_at')}`,
      state: stateOf(cell, asOf),
      late: outcome === 'recovered_late' ? 1 : 0,
      ...{ revived, checkout, contactable, furthest, abandoned_point, reason },
    };
    return entriesOf(cell).map((entry) => ({ alike: { ...alike, currency: entry.currency }, entry }));
  });
  return [...Map.groupBy(entries, ({ alike }) => JSON.stringify(alike)).values()].flatMap((same) => {
    const sum = (name: 'carts' | 'value' | 'peak'): string =>
      `${same.reduce((all, { entry }) => all + entry[name], 0n)}`;
    return same
      .slice(0, 1)
      .map(({ alike }) => ({ ...alike, carts: sum('carts'), value: sum('value'), peak: sum('peak') }));
  });
};

/** Lists of one length as a list of tuples; 64 bits and wider as text. */
const zip = (row: Row, names: readonly string[]): (string | null)[][] =>
  list(row, names[0] ?? '').map((_, i) => names.map((name) => String(list(row, name)[i] ?? null)));

const ORDERS = [
  'currency',
  'orders',
  'without_cart',
  'items',
  'discount',
  'tax_added',
  'shipping',
  'unexplained',
  'total',
];

const orderFigures = (row: Row) => ({
  ...subject(row),
  orders: zip(
    row,
    ORDERS.map((name) => `sums.${name}`),
  ),
  bridge: zip(row, ['bridge.line', 'bridge.currency', 'bridge.amount']),
  refunds: zip(row, ['refunds.currency', 'refunds.total', 'refunds.items']),
});

const figuresOf = (queries: (typeof FIGURES)['stored'], source: Source) => [
  answerLoosely(queries.funnel, (from, days) => source(from, 'funnel', days).map(funnelFigures)),
  answerLoosely(queries.cart, (from, { as_of, ...days }) =>
    source(from, 'cart', days).flatMap((row) =>
      cartFigures(row, as_of[days.stores.indexOf(text(row, 'store_id'))] ?? 0),
    ),
  ),
  answerLoosely(queries.order, (from, days) => source(from, 'order', days).map(orderFigures)),
];

export const FIGURE_ANSWERS = [...figuresOf(FIGURES.stored, stored), ...figuresOf(FIGURES.live, live)];
