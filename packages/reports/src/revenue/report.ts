import { BRIDGE_LINES, type CurrencyRevenue, POINTS, type RevenueStage } from '@cartledger/funnel';
import { divideHalfEven } from '../arithmetic.ts';
import type { CartCell } from '../carts/cells.ts';
import { compareBytes } from '../money.ts';
import { ORDER_AMOUNT_NAMES, type OrderCell } from './order-cells.ts';
import type { OrderAmount } from './predicates.ts';
import type { RefundTotals } from './refund-cells.ts';

const STAGES = [...POINTS, 'purchase'] as const;
/** The bridge's lines before its first sum. */
const ABOVE_GROSS_SALES = BRIDGE_LINES.slice(0, BRIDGE_LINES.indexOf('gross_sales'));

const sum = <T>(rows: readonly T[], amount: (row: T) => bigint): bigint =>
  rows.reduce((total, row) => total + amount(row), 0n);

/** An ordered cart has reached every stage; any other its furthest point. */
const reachedIndex = (cell: CartCell): number => (cell.is_bought ? STAGES.length - 1 : STAGES.indexOf(cell.furthest));

const valueWhere = (carts: readonly CartCell[], fits: (cell: CartCell) => boolean): bigint =>
  sum(carts.filter(fits), (cell) => cell.value);

const stageRow = (stage: (typeof STAGES)[number], index: number, carts: readonly CartCell[]): RevenueStage => {
  const here = carts.filter((cell) => cell.furthest === stage);
  const reached = carts.filter((cell) => reachedIndex(cell) >= index);
  return {
    stage,
    carts: reached.reduce((total, cell) => total + cell.carts, 0),
    reached: sum(reached, (cell) => cell.value),
    left: valueWhere(here, (cell) => cell.is_left),
    standing: valueWhere(here, (cell) => cell.is_standing),
    emptied: valueWhere(here, (cell) => cell.is_emptied),
    recovered: valueWhere(carts, (cell) => cell.is_was_recovered && cell.abandoned_point === stage),
  };
};

/** One currency's carts opened, and orders and refunds dated, in the period. */
const revenueOf = (
  carts: readonly CartCell[],
  cells: readonly OrderCell[],
  ownRefunds: bigint | null,
): CurrencyRevenue => {
  const ordered = cells.find(({ part }) => part === 'orders');
  const amount = (name: OrderAmount): bigint => ordered?.amounts[ORDER_AMOUNT_NAMES.indexOf(name)] ?? 0n;
  const orders = {
    count: ordered?.orders ?? 0,
    without_cart: ordered?.without_cart ?? 0,
    gross_sales: amount('gross_sales'),
    discounts: amount('discounts'),
    tax: amount('tax'),
    shipping: amount('shipping'),
    unexplained: amount('unexplained'),
    order_total: amount('order_total'),
  };
  const [refunds = 0n, refundedItems = 0n] = cells.find(({ part }) => part === 'refunds')?.amounts ?? [];
  const line = (name: string) => cells.find((cell) => cell.part === 'bridge' && cell.line === name)?.amounts[0] ?? 0n;
  const grossSales = ABOVE_GROSS_SALES.reduce((total, name) => total + line(name), 0n);
  const orderTotal = grossSales - orders.discounts + orders.tax + orders.shipping + orders.unexplained;
  const net = orderTotal - refunds;
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
    refunds: -refunds,
    net,
  };
  const bought = valueWhere(carts, (cell) => cell.is_bought);
  return {
    stages: STAGES.map((stage, index) => stageRow(stage, index, carts)),
    carts: {
      value: sum(carts, (cell) => cell.value),
      left: valueWhere(carts, (cell) => cell.is_left),
      standing: valueWhere(carts, (cell) => cell.is_standing),
      emptied: valueWhere(carts, (cell) => cell.is_emptied),
      bought,
    },
    orders: {
      ...orders,
      refunds,
      net: orders.order_total - refunds,
      net_sales: orders.gross_sales - orders.discounts - refundedItems,
      average_order_value:
        orders.count === 0 ? null : divideHalfEven(orders.gross_sales - orders.discounts, BigInt(orders.count)),
    },
    bridge: BRIDGE_LINES.map((name) => ({ line: name, amount: amounts[name] })),
    timing: amounts.joined_carts - bought,
    // The bridge adds up cart and order lines and cells of refunds; this compares its end with the orders' and refunds' own totals.
    difference: net - (orders.order_total - (ownRefunds ?? refunds)),
  };
};

/**
 * The two statements and the bridge between them, per currency of the period's carts, orders and refunds. `refundTotals`:
 * null where rows of refunds are not asked, or are no more: `difference` is then that of orders alone.
 */
export const revenueByCurrency = (
  carts: readonly CartCell[],
  orders: readonly OrderCell[],
  refundTotals: RefundTotals | null,
): Record<string, CurrencyRevenue> => {
  // Of a currency that a cart has only a peak in, there is no value.
  const valued = carts.filter(({ currency, carts }) => currency !== '' && carts > 0);
  const currencies = [
    ...new Set([...[...valued, ...orders].map(({ currency }) => currency), ...(refundTotals?.keys() ?? [])]),
  ];
  return Object.fromEntries(
    currencies.sort(compareBytes).map((currency) => [
      currency,
      revenueOf(
        valued.filter((cell) => cell.currency === currency),
        orders.filter((cell) => cell.currency === currency),
        refundTotals && (refundTotals.get(currency) ?? 0n),
      ),
    ]),
  );
};
