import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { type DefinitionVersion, stagesOf } from '@cartledger/funnel';
import { DAYS_OF_LEDGER } from '@cartledger/reports';
import { z } from 'zod';
import { addCarts, cartRow, cartSql } from './cart-figures.ts';
import { type DaysOfStore, dayPlaces, dayPlacesParams, inDays } from './day-places.ts';
import type { Rollup } from './dirty-days.ts';
import { orderRow, orderSql, orderValues } from './order-figures.ts';

/** A day's totals of one funnel, of its carts or of its orders, as the one-day report prints them. */
export type Figures = {
  store_id: string;
  kind: Rollup;
  day: string;
  /** The funnel's key; else ''. */
  funnel: string;
  /** Of the rollup row; 0 of what the ledger says now. */
  version: bigint;
  excluded: number;
  /** Carts only, ms UTC: see cart_days. */
  lastActivityAt: number;
  lastOrderedAt: number;
  settlesAt: number;
  /** By path; what is not there is 0. */
  values: Map<string, bigint>;
};

const live = (rollup: Rollup): string =>
  `(SELECT *, toUInt64(0) AS version FROM (${DAYS_OF_LEDGER[rollup]({ which: inDays })}))`;
const stored = (rollup: Rollup): string => `${rollup}_days FINAL WHERE ${inDays}`;

const funnelRow = z.object({
  store_id: z.string(),
  day: z.string(),
  funnel: z.string(),
  version: bigInteger,
  definition_version: integer,
  excluded: integer,
  units: z.array(bigInteger),
  units_any: z.array(bigInteger),
});
const MAX_STAGES = 32;
const funnelSql = (source: string): string => `
  SELECT store_id, day, funnel, version, definition_version, excluded,
    arrayMap(k -> arraySum(arrayMap((hit, units) -> if(bitTest(hit, k), units, 0), cells.hit, cells.units)), range(${MAX_STAGES})) AS units,
    arrayMap(k -> arraySum(arrayMap((bit, units) -> if(bit = k, units, 0), any_cells.bit, any_cells.units)), range(${MAX_STAGES})) AS units_any
  FROM ${source}`;

type From = 'stored' | 'live';

const ofFunnels = (from: From, source: string) =>
  defineQuery({ name: `figures.${from}_funnel`, sql: funnelSql(source), params: dayPlacesParams, row: funnelRow });
const ofCarts = (from: From, source: string) =>
  defineQuery({
    name: `figures.${from}_cart`,
    sql: cartSql(source),
    params: dayPlacesParams.extend({ as_of: z.array(z.int()) }),
    row: cartRow,
  });
const ofOrders = (from: From, source: string) =>
  defineQuery({ name: `figures.${from}_order`, sql: orderSql(source), params: dayPlacesParams, row: orderRow });

const queriesOf = (from: From, source: (rollup: Rollup) => string) => ({
  funnel: ofFunnels(from, source('funnel')),
  cart: ofCarts(from, source('cart')),
  order: ofOrders(from, source('order')),
});
export const QUERIES = { stored: queriesOf('stored', stored), live: queriesOf('live', live) };

/** What tells figures apart; no store_id has a space. */
const subjectOf = ({ store_id, kind, day, funnel }: Pick<Figures, 'store_id' | 'kind' | 'day' | 'funnel'>): string =>
  `${store_id} ${day} ${kind} ${funnel}`;

const nothingOf = (
  kind: Figures['kind'],
  { store_id, day, version }: { store_id: string; day: string; version: bigint },
): Figures => ({
  store_id,
  kind,
  day,
  funnel: '',
  version,
  excluded: 0,
  lastActivityAt: 0,
  lastOrderedAt: 0,
  settlesAt: 0,
  values: new Map(),
});

const figuresOfFunnel = (row: z.output<typeof funnelRow>, versions: readonly DefinitionVersion[]): Figures => {
  const figures = { ...nothingOf('funnel', row), funnel: row.funnel, excluded: row.excluded };
  const definition = versions.find((each) => each.definition.version === row.definition_version)?.definition;
  const unit = row.funnel.startsWith('cart/') ? 'cart' : 'visitor';
  const stages = definition ? stagesOf(definition, { unit }) : [];
  for (const [k, stage] of stages.entries()) {
    // A stage that is listed again, as explanations call it: purchase#2.
    const nth = stages.slice(0, k + 1).filter((each) => each === stage).length;
    const called = nth === 1 ? stage : `${stage}#${nth}`;
    for (const name of ['units', 'units_any'] as const)
      figures.values.set(`funnel ${row.funnel} stages.${called}.${name}`, row[name][k] ?? 0n);
  }
  return figures;
};

/** Days of a store whose figures are read. */
type FiguresOf = DaysOfStore & {
  versions: readonly DefinitionVersion[];
  /** T of the carts' states. */
  asOf: number;
};

/** The figures of some days by subject: as the rollups say them (`stored`), or as they will (`live`). */
export const readFigures = async (
  clickhouse: ClickHouse,
  from: From,
  kind: Rollup,
  ofStores: readonly FiguresOf[],
): Promise<Map<string, Figures>> => {
  const read = new Map<string, Figures>();
  const take = (figures: Figures): void => void read.set(subjectOf(figures), figures);
  const some = ofStores.filter(({ days }) => days.length > 0);
  if (some.length === 0) return read;
  const places = dayPlaces(some);
  switch (kind) {
    case 'funnel': {
      const versions = new Map(some.map((ofStore) => [ofStore.store_id, ofStore.versions]));
      for (const row of await clickhouse.query(QUERIES[from].funnel, places))
        take(figuresOfFunnel(row, versions.get(row.store_id) ?? []));
      break;
    }
    case 'order':
      for (const row of await clickhouse.query(QUERIES[from].order, places))
        take({ ...nothingOf('order', row), values: orderValues(row) });
      break;
    case 'cart': {
      const as_of = some.map(({ asOf }) => asOf);
      for (const row of await clickhouse.query(QUERIES[from].cart, { ...places, as_of })) {
        const nothing = nothingOf('cart', row);
        const figures = read.get(subjectOf(nothing)) ?? {
          ...nothing,
          excluded: row.excluded,
          lastActivityAt: row.activity,
          lastOrderedAt: row.ordering,
          settlesAt: row.settling,
        };
        addCarts(figures.values, row);
        take(figures);
      }
    }
  }
  return read;
};
