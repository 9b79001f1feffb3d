import type { ClickHouse } from '@cartledger/clickhouse';
import { BRIDGE_LINES, type CurrencyRevenue, POINTS, type RevenueStage } from '@cartledger/funnel';
import type { z } from 'zod';
import { divideHalfEven } from '../arithmetic.ts';
import type { CartParams } from '../carts/predicates.ts';
import { compareBytes } from '../money.ts';
import { cartValues } from './cart-values.ts';
import { bridgeLines, orderTotals, refundTotals } from './order-totals.ts';

type CartRow = z.infer<typeof cartValues.row>;
type OrderRow = z.infer<typeof orderTotals.row>;
type BridgeRow = z.infer<typeof bridgeLines.row>;
type RefundRow = z.infer<typeof refundTotals.row>;

const STAGES = [...POINTS, 'purchase'] as const;
/** The bridge's lines before its first sum. */
const ABOVE_GROSS_SALES = BRIDGE_LINES.slice(0, BRIDGE_LINES.indexOf('gross_sales'));

const sum = <T>(rows: readonly T[], amount: (row: T) => bigint): bigint =>
  rows.reduce((total, row) => total + amount(row), 0n);

/** An ordered cart has reached every stage; any other its furthest point. */
const reachedIndex = (row: CartRow): number =>
  row.standing === 'bought' ? STAGES.length - 1 : STAGES.indexOf(row.furthest);

const valueWhere = (carts: readonly CartRow[], fits: (row: CartRow) => boolean): bigint =>
  sum(carts.filter(fits), (row) => row.total);

const stageRow = (stage: (typeof STAGES)[number], index: number, carts: readonly CartRow[]): RevenueStage => {
  const here = (standing: CartRow['standing']) =>
    valueWhere(carts, (row) => row.standing === standing && row.furthest === stage);
  const reached = carts.filter((row) => reachedIndex(row) >= index);
  return {
    stage,
    carts: reached.reduce((total, row) => total + row.carts, 0),
    reached: sum(reached, (row) => row.total),
    left: here('left'),
    standing: here('standing'),
    emptied: here('emptied'),
    recovered: valueWhere(carts, (row) => row.was_recovered && row.abandoned_point === stage),
  };
};

const NO_ORDERS: Omit<OrderRow, 'currency'> = {
  orders: 0,
  without_cart: 0,
  gross_sales: 0n,
  discounts: 0n,
  tax: 0n,
  shipping: 0n,
  unexplained: 0n,
  order_total: 0n,
};

const revenueOf = (
  carts: readonly CartRow[],
  orders: Omit<OrderRow, 'currency'>,
  bridge: readonly BridgeRow[],
  refunds: Omit<RefundRow, 'currency'>,
): CurrencyRevenue => {
  const value = (standing: CartRow['standing']) => valueWhere(carts, (row) => row.standing === standing);
  const line = (name: string) => bridge.find((row) => row.line === name)?.amount ?? 0n;
  const grossSales = ABOVE_GROSS_SALES.reduce((total, name) => total + line(name), 0n);
  const orderTotal = grossSales - orders.discounts + orders.tax + orders.shipping + orders.unexplained;
  const net = orderTotal - refunds.total;
  const amounts: Record<(typeof BRIDGE_LINES)[number], bigint> = {
    joined_carts: line('joined_carts'),
    added_at_checkout: line('added_at_checkout'),
    dropped_at_checkout: line('dropped_at_checkout'),
    price_and_quantity_changes: line('price_and_quantity_changes'),
    unexplained_items: line('unexplained_items'),
    currency_change: line('currency_change'),
    'orders_without_cart.no_add_seen': line('orders_without_cart.no_add_seen'),
    'orders_without_cart.no_common_product': line('orders_without_cart.no_common_product'),
    'orders_without_cart.cart_already_bought': line('orders_without_cart.cart_already_bought'),
    'orders_without_cart.other_channel': line('orders_without_cart.other_channel'),
    'orders_without_cart.cart_excluded': line('orders_without_cart.cart_excluded'),
    gross_sales: grossSales,
    discounts: -orders.discounts,
    tax: orders.tax,
    shipping: orders.shipping,
    unexplained: orders.unexplained,
    order_total: orderTotal,
    refunds: -refunds.total,
    net,
  };
  const bought = value('bought');
  return {
    stages: STAGES.map((stage, index) => stageRow(stage, index, carts)),
    carts: {
      value: sum(carts, (row) => row.total),
      left: value('left'),
      standing: value('standing'),
      emptied: value('emptied'),
      bought,
    },
    orders: {
      count: orders.orders,
      without_cart: orders.without_cart,
      gross_sales: orders.gross_sales,
      discounts: orders.discounts,
      tax: orders.tax,
      shipping: orders.shipping,
      unexplained: orders.unexplained,
      order_total: orders.order_total,
      refunds: refunds.total,
      net: orders.order_total - refunds.total,
      net_sales: orders.gross_sales - orders.discounts - refunds.items,
      average_order_value:
        orders.orders === 0 ? null : divideHalfEven(orders.gross_sales - orders.discounts, BigInt(orders.orders)),
    },
    bridge: BRIDGE_LINES.map((name) => ({ line: name, amount: amounts[name] })),
    timing: amounts.joined_carts - bought,
    // The bridge adds up cart and order lines; this compares its end with the orders' own totals and refunds.
    difference: net - (orders.order_total - refunds.total),
  };
};

/** The two statements and the bridge between them, per currency of the period's carts, orders and refunds. */
export const readRevenue = async (
  clickhouse: ClickHouse,
  params: CartParams,
): Promise<Record<string, CurrencyRevenue>> => {
  const period = { store_id: params.store_id, from: params.from, to: params.to };
  const [carts, orders, bridge, refunds] = await Promise.all([
    clickhouse.query(cartValues, params),
    clickhouse.query(orderTotals, period),
    clickhouse.query(bridgeLines, period),
    clickhouse.query(refundTotals, period),
  ]);
  const currencies = [...new Set([...carts, ...orders, ...bridge, ...refunds].map((row) => row.currency))];
  return Object.fromEntries(
    currencies.sort(compareBytes).map((currency) => [
      currency,
      revenueOf(
        carts.filter((row) => row.currency === currency),
        orders.find((row) => row.currency === currency) ?? NO_ORDERS,
        bridge.filter((row) => row.currency === currency),
        refunds.find((row) => row.currency === currency) ?? { total: 0n, items: 0n },
      ),
    ]),
  );
};
