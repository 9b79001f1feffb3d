/** The bridge from joined carts to what was charged and refunded: orders dated in the period (definitions.md 6). */
import { BRIDGE_LINES, type BridgeLine } from '../definition.ts';
import type { PassedOrder } from './carts.ts';
import { type Contents, lineKey, lineValue } from './contents.ts';
import type { CountedCart } from './counted.ts';
import { type Order, sumOfLines } from './orders.ts';
import type { Refund } from './refunds.ts';

/** What one order puts on one line of the bridge. */
type Entry = { line: BridgeLine; currency: string; amount: bigint };

/** What an order puts on the lines that lead up to `gross_sales`. */
const salesEntries = (passed: PassedOrder, cart: CountedCart | undefined): Entry[] => {
  const { order } = passed;
  if (passed.reason !== null) {
    return [{ line: `orders_without_cart.${passed.reason}`, currency: order.currency, amount: order.amounts.items }];
  }
  if (cart === undefined) return [];
  const joined = [...cart.value].map(([currency, amount]) => ({ line: 'joined_carts' as const, currency, amount }));
  const change =
    sumOfLines(order.lines) === undefined ? unexplainedItems(order, cart) : lineByLine(order, cart.contents);
  return [...joined, ...change];
};

/** The order's lines tell nothing: only its items' sum is known. */
const unexplainedItems = (order: Order, cart: CountedCart): Entry[] => [
  {
    line: 'unexplained_items',
    currency: order.currency,
    amount: order.amounts.items - (cart.value.get(order.currency) ?? 0n),
  },
  ...[...cart.value]
    .filter(([currency]) => currency !== order.currency)
    .map(([currency, amount]) => ({ line: 'currency_change' as const, currency, amount: -amount })),
];

const lineByLine = (order: Order, { counted, prices }: Contents): Entry[] => {
  const { currency } = order;
  const charged = new Map<string, bigint>();
  for (const line of order.lines) {
    const amount = BigInt(line.quantity) * BigInt(line.unit_price ?? 0);
    charged.set(lineKey(line), (charged.get(lineKey(line)) ?? 0n) + amount);
  }
  const entries: Entry[] = [];
  for (const [key, amount] of charged) {
    const line = counted.get(key);
    const worth = line === undefined ? null : lineValue(key, line, prices);
    if (line === undefined) {
      entries.push({ line: 'added_at_checkout', currency, amount });
    } else if (worth === null || worth.currency === currency) {
      entries.push({ line: 'price_and_quantity_changes', currency, amount: amount - (worth?.amount ?? 0n) });
    } else {
      entries.push({ line: 'currency_change', currency: worth.currency, amount: -worth.amount });
      entries.push({ line: 'currency_change', currency, amount });
    }
  }
  for (const [key, line] of counted) {
    const worth = lineValue(key, line, prices);
    if (worth === null || charged.has(key)) continue;
    entries.push({ line: 'dropped_at_checkout', currency: worth.currency, amount: -worth.amount });
  }
  return entries;
};

const chargeEntries = ({ currency, amounts }: Order): Entry[] => [
  { line: 'discounts', currency, amount: -amounts.discount },
  { line: 'tax', currency, amount: amounts.taxAdded },
  { line: 'shipping', currency, amount: amounts.shipping },
  { line: 'unexplained', currency, amount: amounts.unexplained },
];

/** All that an order puts on the bridge. */
export const entriesOf = (passed: PassedOrder, cart: CountedCart | undefined): Entry[] => [
  ...salesEntries(passed, cart),
  ...chargeEntries(passed.order),
];

/** Where the sums stand: each adds up all that is above it. */
const SUMS: ReadonlySet<string> = new Set<BridgeLine>(['gross_sales', 'order_total', 'net']);

export const lineIsSum = (line: string): boolean => SUMS.has(line);

/** The bridge in one currency: every line listed, zeros too, signed so that it adds up. */
export const bridgeIn = (
  currency: string,
  orders: readonly PassedOrder[],
  cartOf: (passed: PassedOrder) => CountedCart | undefined,
  refunds: readonly Refund[],
): { line: BridgeLine; amount: bigint }[] => {
  const entries = [
    ...orders.flatMap((passed) => entriesOf(passed, cartOf(passed))),
    ...refunds.map((refund) => ({ line: 'refunds' as const, currency: refund.currency, amount: -refund.total })),
  ].filter((entry) => entry.currency === currency);

  let running = 0n;
  return BRIDGE_LINES.map((line) => {
    const amount = entries.filter((entry) => entry.line === line).reduce((sum, entry) => sum + entry.amount, 0n);
    running += amount;
    return { line, amount: SUMS.has(line) ? running : amount };
  });
};
