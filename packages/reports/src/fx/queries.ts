import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { BOUGHT, CARTS, cartParams, LEFT, OPENED_IN_PERIOD, STANDING } from '../carts/predicates.ts';
import {
  DATED_IN_PERIOD,
  ORDER_AMOUNTS,
  periodParams,
  REFUNDED,
  REFUNDED_ITEMS,
  REFUNDS,
} from '../revenue/predicates.ts';
import { halfEven } from './half-even.ts';

/** Days and currencies that need a rate: an amount of 0 does too. */
const foreignDaysOf = (name: string, refunds: string) =>
  defineQuery({
    name,
    sql: `
    SELECT DISTINCT what, currency, toString(day) AS on_day FROM (
      SELECT 'carts' AS what, toString(value_currency) AS currency, day
      FROM ${CARTS}
      ARRAY JOIN value.currency AS value_currency
      WHERE ${OPENED_IN_PERIOD}
      UNION ALL
      SELECT 'orders', toString(currency), day FROM orders WHERE ${DATED_IN_PERIOD}
      UNION ALL
      SELECT 'orders', toString(currency), day FROM ${refunds} WHERE ${DATED_IN_PERIOD}
    )
    WHERE currency != {target:String}`,
    params: cartParams.extend({ target: z.string() }),
    row: z.object({ what: z.enum(['carts', 'orders']), currency: z.string(), on_day: z.string() }),
  });
export const foreignDays = {
  refund: foreignDaysOf('fx_foreign_days', REFUNDS.refund),
  order: foreignDaysOf('fx_foreign_days_by_order', REFUNDS.order),
};

export const ratesOfDays = defineQuery({
  name: 'fx_rates_of_days',
  sql: `
    SELECT toString(day) AS on_day, currency, base, toString(rate) AS rate
    FROM fx_rates FINAL
    WHERE source = {source:String} AND day BETWEEN {from:Date32} AND {to:Date32}`,
  params: z.object({ source: z.string(), from: z.string(), to: z.string() }),
  row: z.object({ on_day: z.string(), currency: z.string(), base: z.string(), rate: z.string() }),
});

const factorParams = z.object({
  target: z.string(),
  factor_days: z.array(z.string()),
  factor_currencies: z.array(z.string()),
  numerators: z.array(z.string()),
  denominators: z.array(z.string()),
});
export type FactorParams = z.infer<typeof factorParams>;

const FACTORS = `(
  SELECT toDate32(factor.1) AS factor_day, factor.2 AS factor_currency, toInt256(factor.3) AS numerator, toInt256(factor.4) AS denominator
  FROM (SELECT arrayJoin(arrayZip({factor_days:Array(String)}, {factor_currencies:Array(String)}, {numerators:Array(String)}, {denominators:Array(String)})) AS factor)
)`;

/** Rows in the target currency have no factor and count as they are. */
const turned = (amount: string): string =>
  `if(currency = {target:String}, toInt256(${amount}), ${halfEven(`(toInt256(${amount}) * numerator)`, 'greatest(denominator, toInt256(1))')})`;

const total = z.coerce.bigint();

export const convertedCarts = defineQuery({
  name: 'fx_carts',
  sql: `
    SELECT standing, sum(${turned('amount')}) AS total
    FROM (
      SELECT multiIf(${LEFT}, 'left', ${STANDING}, 'standing', ${BOUGHT}, 'bought', 'emptied') AS standing, day,
        toString(value_currency) AS currency, value_amount AS amount
      FROM ${CARTS}
      ARRAY JOIN value.currency AS value_currency, value.amount AS value_amount
      WHERE ${OPENED_IN_PERIOD}
    ) AS rows
    LEFT JOIN ${FACTORS} AS factors ON rows.day = factors.factor_day AND rows.currency = factors.factor_currency
    GROUP BY standing`,
  params: cartParams.extend(factorParams.shape),
  row: z.object({ standing: z.enum(['left', 'standing', 'bought', 'emptied']), total }),
});

const amounts = (columns: readonly string[]): string => columns.map((column) => `toInt256(${column})`).join(', ');
const ORDER_COLUMNS = Object.values(ORDER_AMOUNTS);
/** Sums of orders' amounts in the order of ORDER_AMOUNT_NAMES, and of refunds: total, items. */
const convertedOrdersOf = (name: string, refunds: string) =>
  defineQuery({
    name,
    sql: `
    SELECT what, sumForEach(arrayMap(amount -> ${turned('amount')}, amounts)) AS totals
    FROM (
      SELECT 'orders' AS what, day, toString(currency) AS currency, [${amounts(ORDER_COLUMNS)}] AS amounts
      FROM orders WHERE ${DATED_IN_PERIOD}
      UNION ALL
      SELECT 'refunds', day, toString(currency), [${amounts([REFUNDED, REFUNDED_ITEMS])}] FROM ${refunds} WHERE ${DATED_IN_PERIOD}
    ) AS rows
    LEFT JOIN ${FACTORS} AS factors ON rows.day = factors.factor_day AND rows.currency = factors.factor_currency
    GROUP BY what`,
    params: periodParams.extend(factorParams.shape),
    row: z.object({ what: z.enum(['orders', 'refunds']), totals: z.array(total) }),
  });
export const convertedOrders = {
  refund: convertedOrdersOf('fx_orders', REFUNDS.refund),
  order: convertedOrdersOf('fx_orders_by_order', REFUNDS.order),
};
