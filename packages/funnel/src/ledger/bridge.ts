import type { Item } from '@cartledger/events';
import type { BridgeLine } from '../definition.ts';
import type { Order } from './cart-and-order.ts';
import { lineKey, sumLines } from './contents.ts';
import { addMoney, lineValue, type Money, moneyLines, pricedSum } from './money.ts';
import type { CartLine, OrderRow } from './rows.ts';

type Sums = Map<BridgeLine, Money>;

const add = (sums: Sums, line: BridgeLine, currency: string, amount: bigint): void => {
  const money = sums.get(line) ?? new Map();
  sums.set(line, money);
  addMoney(money, currency, amount);
};

/** Order lines by (product, variant), summed. */
const byLine = (items: readonly Item[]): Map<string, bigint> => {
  const sums = new Map<string, bigint>();
  for (const { product_id, variant_id, quantity, unit_price = 0 } of items) {
    const key = lineKey(product_id, variant_id);
    sums.set(key, (sums.get(key) ?? 0n) + lineValue(quantity, unit_price));
  }
  return sums;
};

const compareLines = (sums: Sums, items: readonly Item[], currency: string, cartLines: readonly CartLine[]): void => {
  const ordered = byLine(items);
  for (const line of cartLines) {
    const key = lineKey(line.product_id, line.variant_id);
    const inCart = line.unit_price === null ? 0n : lineValue(line.quantity, line.unit_price);
    const inOrder = ordered.get(key);
    ordered.delete(key);
    if (inOrder === undefined) {
      if (line.unit_price !== null) add(sums, 'dropped_at_checkout', line.currency, -inCart);
    } else if (line.unit_price === null || line.currency === currency) {
      add(sums, 'price_and_quantity_changes', currency, inOrder - inCart);
    } else {
      add(sums, 'currency_change', line.currency, -inCart);
      add(sums, 'currency_change', currency, inOrder);
    }
  }
  for (const amount of ordered.values()) add(sums, 'added_at_checkout', currency, amount);
};

/**
 * The lines of the revenue bridge above gross_sales that one order moves (definitions.md 6); they sum to its items in
 * its currency and to nothing in any other. Zeros are left out, but not the joined cart's currencies.
 */
export const bridgeOf = (order: Order, cartLines: readonly CartLine[]): OrderRow['bridge'] => {
  const { currency, amounts, winner } = order;
  const sums: Sums = new Map();
  if (order.cart) {
    const value = sumLines(cartLines);
    for (const { currency, amount } of value) add(sums, 'joined_carts', currency, amount);
    const { items } = winner.event;
    if (items && pricedSum(items) !== null) compareLines(sums, items, currency, cartLines);
    else {
      add(sums, 'unexplained_items', currency, amounts.items);
      for (const { currency: of, amount } of value)
        add(sums, of === currency ? 'unexplained_items' : 'currency_change', of, -amount);
    }
  } else if (order.withoutCartReason !== '') {
    add(sums, `orders_without_cart.${order.withoutCartReason}`, currency, amounts.items);
  }
  return [...sums].flatMap(([line, money]) =>
    moneyLines(money)
      .filter(({ amount }) => line === 'joined_carts' || amount !== 0n)
      .map((sum) => ({ line, ...sum })),
  );
};
