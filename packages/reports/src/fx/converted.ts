import type { ClickHouse } from '@cartledger/clickhouse';
import type { ConvertedTotals, Definition, RefundsOn } from '@cartledger/funnel';
import type { CartParams } from '../carts/predicates.ts';
import { compareBytes } from '../money.ts';
import { ORDER_AMOUNT_NAMES } from '../revenue/order-cells.ts';
import { factorOf } from './factor.ts';
import { type FactorOfDay, type Piece, piecesOf } from './pieces.ts';
import { convertedCarts, convertedOrders, type FactorParams, foreignDays, ratesOfDays } from './queries.ts';

type Carts = NonNullable<ConvertedTotals['carts']>;
type Orders = NonNullable<ConvertedTotals['orders']>;

/** A query for some days of the period, which turns their amounts. */
const paramsOf = (params: CartParams, target: string, { from, to, factors }: Piece): CartParams & FactorParams => ({
  ...params,
  from,
  to,
  target,
  factor_days: factors.map(({ day }) => day),
  factor_currencies: factors.map(({ currency }) => currency),
  numerators: factors.map(({ numerator }) => numerator.toString()),
  denominators: factors.map(({ denominator }) => denominator.toString()),
});

const readCarts = async (clickhouse: ClickHouse, pieces: readonly (CartParams & FactorParams)[]): Promise<Carts> => {
  const sums = { left: 0n, standing: 0n, emptied: 0n, bought: 0n };
  for (const params of pieces)
    for (const { standing, total } of await clickhouse.query(convertedCarts, params)) sums[standing] += total;
  return { value: sums.left + sums.standing + sums.emptied + sums.bought, ...sums };
};

const readOrders = async (
  clickhouse: ClickHouse,
  pieces: readonly (CartParams & FactorParams)[],
  refundsOn: RefundsOn,
): Promise<Orders> => {
  const sums: Record<'orders' | 'refunds', bigint[]> = { orders: [], refunds: [] };
  for (const { as_of: _, ...params } of pieces)
    for (const { what, totals } of await clickhouse.query(convertedOrders[refundsOn], params))
      totals.forEach((total, i) => {
        sums[what][i] = (sums[what][i] ?? 0n) + total;
      });
  const order = (name: (typeof ORDER_AMOUNT_NAMES)[number]) => sums.orders[ORDER_AMOUNT_NAMES.indexOf(name)] ?? 0n;
  const [refunds = 0n, refundedItems = 0n] = sums.refunds;
  return {
    gross_sales: order('gross_sales'),
    discounts: order('discounts'),
    tax: order('tax'),
    shipping: order('shipping'),
    unexplained: order('unexplained'),
    order_total: order('order_total'),
    refunds,
    net: order('order_total') - refunds,
    net_sales: order('gross_sales') - order('discounts') - refundedItems,
  };
};

/** Totals that nothing is left to convert from. */
export const unconverted = ({
  fx_source: source,
  currency,
}: Pick<Definition, 'fx_source' | 'currency'>): ConvertedTotals | null =>
  source === '' ? null : { currency, source, rate_days: null, missing: [], carts: null, orders: null };

/** The report's totals in the store's currency; null when the store names no source of rates. */
export const readConverted = async (
  clickhouse: ClickHouse,
  params: CartParams,
  { fx_source: source, currency: target }: Pick<Definition, 'fx_source' | 'currency'>,
  refundsOn: RefundsOn,
): Promise<ConvertedTotals | null> => {
  if (source === '') return null;
  const { from, to } = params;
  const [foreign, rates] = await Promise.all([
    clickhouse.query(foreignDays[refundsOn], { ...params, target }),
    clickhouse.query(ratesOfDays, { source, from, to }),
  ]);
  const ratesOn = Map.groupBy(rates, ({ on_day }) => on_day);
  const missing = new Map<string, { currency: string; day: string }>();
  const lacking = new Set<'carts' | 'orders'>();
  const used = new Map<string, FactorOfDay>();
  for (const { what, currency, on_day } of foreign) {
    const factor = factorOf(currency, target, ratesOn.get(on_day) ?? []);
    if (!factor) {
      missing.set(`${currency} ${on_day}`, { currency, day: on_day });
      lacking.add(what);
      continue;
    }
    used.set(`${currency} ${on_day}`, { day: on_day, currency, ...factor });
  }
  const pieces = piecesOf(params, [...used.values()]).map((piece) => paramsOf(params, target, piece));
  const [carts, orders] = await Promise.all([
    lacking.has('carts') ? null : readCarts(clickhouse, pieces),
    lacking.has('orders') ? null : readOrders(clickhouse, pieces, refundsOn),
  ]);
  const days = [...used.values()].map(({ day }) => day).sort(compareBytes);
  const [firstDay] = days;
  const lastDay = days.at(-1);
  return {
    currency: target,
    source,
    rate_days: firstDay === undefined || lastDay === undefined ? null : { from: firstDay, to: lastDay },
    missing: [...missing.values()].sort((a, b) => compareBytes(a.currency, b.currency) || compareBytes(a.day, b.day)),
    carts,
    orders,
  };
};
