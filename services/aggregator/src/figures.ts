import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import { type DefinitionVersion, stagesOf } from '@cartledger/funnel';
import { DAYS_OF_LEDGER } from '@cartledger/reports';
import { z } from 'zod';
import { type DaysOfStore, dayPlaces, dayPlacesParams, inDays, ofStore } from './day-places.ts';
import type { Rollup } from './dirty-days.ts';

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
});
const MAX_STAGES = 32;
const funnelSql = (source: string): string => `
  SELECT store_id, day, funnel, version, definition_version, excluded,
    arrayMap(k -> arraySum(arrayMap((hit, units) -> if(bitTest(hit, k), units, 0), cells.hit, cells.units)), range(${MAX_STAGES})) AS units
  FROM ${source}`;

const cartRow = z.object({
  store_id: z.string(),
  day: z.string(),
  version: bigInteger,
  excluded: integer,
  activity: integer,
  ordering: integer,
  settling: integer,
  state: z.enum(['active', 'idle', 'abandoned', 'lost', 'emptied', 'purchased', 'recovered']),
  late: z.coerce.boolean(),
  revived: z.coerce.boolean(),
  currency: z.string(),
  carts: bigInteger,
  value: bigInteger,
});
/** The state rule of carts_at, over cells. */
const cartSql = (source: string): string => `
  SELECT store_id, day, version, excluded, activity, ordering, settling, state, late, revived, entry.1 AS currency,
    sum(entry.2) AS carts, sum(entry.3) AS value
  FROM (
    SELECT store_id, day, version, excluded, activity, ordering, settling, outcome = 'recovered_late' AS late, was_revived AS revived,
      ${ofStore('as_of')} - toUnixTimestamp64Milli(active_at) AS inactive_ms,
      multiIf(
        outcome = 'purchased', 'purchased',
        outcome != '', 'recovered',
        NOT holds, 'emptied',
        inactive_ms < idle, 'active',
        inactive_ms < abandon, 'idle',
        inactive_ms < abandon + recovery, 'abandoned',
        'lost') AS state,
      arrayJoin(arrayConcat([('', carts, toInt128(0))], arrayMap(a -> (toString(a.1), a.2, a.3), amounts))) AS entry
    FROM (
      SELECT store_id, day, version, excluded, toUnixTimestamp64Milli(last_activity_at) AS activity,
        toUnixTimestamp64Milli(last_ordered_at) AS ordering, toUnixTimestamp64Milli(settles_at) AS settling,
        cells.outcome AS o, cells.holds_items AS h, cells.revived AS r, cells.idle_ms AS i, cells.abandon_ms AS a,
        cells.recovery_ms AS w, cells.last_activity_at AS l, cells.carts AS c, cells.amounts AS m
      FROM ${source}
    )
    LEFT ARRAY JOIN o AS outcome, h AS holds, r AS was_revived, i AS idle, a AS abandon, w AS recovery, l AS active_at,
      c AS carts, m AS amounts
  )
  GROUP BY store_id, day, version, excluded, activity, ordering, settling, state, late, revived, currency`;

const orderRow = z.object({
  store_id: z.string(),
  day: z.string(),
  version: bigInteger,
  orders: z.array(z.tuple([z.string()], bigInteger)),
  refunds: z.array(z.tuple([z.string()], bigInteger)),
});
const orderSql = (source: string): string => `
  SELECT store_id, day, version,
    arrayZip(sums.currency, sums.orders, sums.without_cart, sums.items, sums.discount, sums.tax_added, sums.shipping,
      sums.unexplained, sums.total) AS orders,
    arrayZip(refunds.currency, refunds.total, refunds.items) AS refunds
  FROM ${source}`;

const ofFunnels = (source: string) =>
  defineQuery({ name: 'figures.funnel', sql: funnelSql(source), params: dayPlacesParams, row: funnelRow });
const ofCarts = (source: string) =>
  defineQuery({
    name: 'figures.cart',
    sql: cartSql(source),
    params: dayPlacesParams.extend({ as_of: z.array(z.int()) }),
    row: cartRow,
  });
const ofOrders = (source: string) =>
  defineQuery({ name: 'figures.order', sql: orderSql(source), params: dayPlacesParams, row: orderRow });

const QUERIES = {
  stored: { funnel: ofFunnels(stored('funnel')), cart: ofCarts(stored('cart')), order: ofOrders(stored('order')) },
  live: { funnel: ofFunnels(live('funnel')), cart: ofCarts(live('cart')), order: ofOrders(live('order')) },
};

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
  for (const [k, stage] of (definition ? stagesOf(definition, { unit }) : []).entries())
    figures.values.set(`funnel ${row.funnel} stages.${stage}.units`, row.units[k] ?? 0n);
  return figures;
};

const STANDING = {
  active: 'standing',
  idle: 'standing',
  abandoned: 'left',
  lost: 'left',
  emptied: 'emptied',
  purchased: 'bought',
  recovered: 'bought',
} as const;

const addCarts = ({ values }: Figures, row: z.output<typeof cartRow>): void => {
  const add = (path: string, amount: bigint): void => void values.set(path, (values.get(path) ?? 0n) + amount);
  if (row.currency === '') {
    for (const name of ['created', row.state]) add(`abandonment carts.${name}`, row.carts);
    if (row.late) add('abandonment carts.recovered_late', row.carts);
    if (row.revived) add('abandonment carts.revived', row.carts);
    return;
  }
  for (const name of ['value', STANDING[row.state]]) add(`revenue ${row.currency} carts.${name}`, row.value);
};

const amountsOf = ([, ...amounts]: readonly [string, ...bigint[]] = ['']): bigint[] => amounts;

const figuresOfOrders = (row: z.output<typeof orderRow>): Figures => {
  const { orders, refunds } = row;
  const figures = nothingOf('order', row);
  for (const currency of new Set([...orders, ...refunds].map(([currency]) => currency))) {
    const [
      count = 0n,
      withoutCart = 0n,
      items = 0n,
      discount = 0n,
      tax = 0n,
      shipping = 0n,
      unexplained = 0n,
      total = 0n,
    ] = amountsOf(orders.find(([name]) => name === currency));
    const [refunded = 0n, refundedItems = 0n] = amountsOf(refunds.find(([name]) => name === currency));
    const figuresOf = {
      count,
      without_cart: withoutCart,
      gross_sales: items,
      discounts: discount,
      tax,
      shipping,
      unexplained,
      order_total: total,
      refunds: refunded,
      net: total - refunded,
      net_sales: items - discount - refundedItems,
    };
    for (const [name, value] of Object.entries(figuresOf))
      figures.values.set(`revenue ${currency} orders.${name}`, value);
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
  from: 'stored' | 'live',
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
      for (const row of await clickhouse.query(QUERIES[from].order, places)) take(figuresOfOrders(row));
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
        addCarts(figures, row);
        take(figures);
      }
    }
  }
  return read;
};
