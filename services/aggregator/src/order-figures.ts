/** What the revenue report sums of one day's orders and refunds. */
import { bigInteger } from '@cartledger/clickhouse';
import { z } from 'zod';

export const orderRow = z.object({
  store_id: z.string(),
  day: z.string(),
  version: bigInteger,
  orders: z.array(z.tuple([z.string()], bigInteger)),
  bridge: z.array(z.tuple([z.string(), z.string(), bigInteger])),
  refunds: z.array(z.tuple([z.string()], bigInteger)),
});
type OrderRow = z.output<typeof orderRow>;

export const orderSql = (source: string): string => `
  SELECT store_id, day, version,
    arrayZip(sums.currency, sums.orders, sums.without_cart, sums.items, sums.discount, sums.tax_added, sums.shipping,
      sums.unexplained, sums.total) AS orders,
    arrayMap((l, c, a) -> (toString(l), toString(c), a), bridge.line, bridge.currency, bridge.amount) AS bridge,
    arrayZip(refunds.currency, refunds.total, refunds.items) AS refunds
  FROM ${source}`;

const amountsOf = ([, ...amounts]: readonly [string, ...bigint[]] = ['']): bigint[] => amounts;

/** By path. Of the bridge the lines above gross_sales: those below are the orders' own figures. */
export const orderValues = ({ orders, bridge, refunds }: OrderRow): Map<string, bigint> => {
  const values = new Map<string, bigint>();
  for (const currency of new Set([...orders, ...refunds].map(([name]) => name))) {
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
    const figures = {
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
    for (const [name, value] of Object.entries(figures)) values.set(`revenue ${currency} orders.${name}`, value);
  }
  for (const [line, currency, amount] of bridge) values.set(`revenue ${currency} bridge.${line}`, amount);
  return values;
};
