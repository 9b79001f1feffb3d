import type { ClickHouse } from '@cartledger/clickhouse';
import type { ConvertedTotals, Definition } from '@cartledger/funnel';
import type { CartParams } from '../carts/predicates.ts';
import { compareBytes } from '../money.ts';
import { ORDER_AMOUNT_NAMES } from '../revenue/order-cells.ts';
import { factorOf } from './factor.ts';
import { convertedCarts, convertedOrders, type FactorParams, foreignDays, ratesOfDays } from './queries.ts';

type Carts = NonNullable<ConvertedTotals['carts']>;
type Orders = NonNullable<ConvertedTotals['orders']>;

const readCarts = async (clickhouse: ClickHouse, params: CartParams & FactorParams): Promise<Carts> => {
  const rows = await clickhouse.query(convertedCarts, params);
  const at = (standing: (typeof rows)[number]['standing']) =>
    rows.find((row) => row.standing === standing)?.total ?? 0n;
  return {
    value: rows.reduce((sum, { total }) => sum + total, 0n),
    left: at('left'),
    standing: at('standing'),
    emptied: at('emptied'),
    bought: at('bought'),
  };
};

const readOrders = async (
  clickhouse: ClickHouse,
  { as_of: _, ...params }: CartParams & FactorParams,
): Promise<Orders> => {
  const rows = await clickhouse.query(convertedOrders, params);
  const totals = (what: (typeof rows)[number]['what']) => rows.find((row) => row.what === what)?.totals ?? [];
  const order = (name: (typeof ORDER_AMOUNT_NAMES)[number]) => totals('orders')[ORDER_AMOUNT_NAMES.indexOf(name)] ?? 0n;
  const [refunds = 0n, refundedItems = 0n] = totals('refunds');
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

/** The report's totals in the store's currency; null when the store names no source of rates. */
export const readConverted = async (
  clickhouse: ClickHouse,
  params: CartParams,
  { fx_source: source, currency: target }: Pick<Definition, 'fx_source' | 'currency'>,
): Promise<ConvertedTotals | null> => {
  if (source === '') return null;
  const { from, to } = params;
  const [foreign, rates] = await Promise.all([
    clickhouse.query(foreignDays, { ...params, target }),
    clickhouse.query(ratesOfDays, { source, from, to }),
  ]);
  const ratesOn = Map.groupBy(rates, ({ on_day }) => on_day);
  const factors: FactorParams = {
    target,
    factor_days: [],
    factor_currencies: [],
    numerators: [],
    denominators: [],
  };
  const missing = new Map<string, { currency: string; day: string }>();
  const lacking = new Set<'carts' | 'orders'>();
  const used = new Set<string>();
  for (const { what, currency, on_day } of foreign) {
    const factor = factorOf(currency, target, ratesOn.get(on_day) ?? []);
    if (!factor) {
      missing.set(`${currency} ${on_day}`, { currency, day: on_day });
      lacking.add(what);
      continue;
    }
    const name = `${currency} ${on_day}`;
    if (used.has(name)) continue;
    used.add(name);
    factors.factor_days.push(on_day);
    factors.factor_currencies.push(currency);
    factors.numerators.push(factor.numerator.toString());
    factors.denominators.push(factor.denominator.toString());
  }
  const [carts, orders] = await Promise.all([
    lacking.has('carts') ? null : readCarts(clickhouse, { ...params, ...factors }),
    lacking.has('orders') ? null : readOrders(clickhouse, { ...params, ...factors }),
  ]);
  const days = [...factors.factor_days].sort(compareBytes);
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
