/** What an order comes to, and how that differs from the cart it came from. */
import type { Amounts } from '@cartledger/events';
import { type CartBook, lineKey, lineValue } from './cart-book.ts';
import type { CartLine, OrderFact } from './facts.ts';
import type { Random } from './random.ts';
import type { Store } from './store.ts';

/** The terms of one order; an edit keeps them. */
export type Terms = {
  discountPercent: number;
  taxPercent: number;
  shipping: number;
  /** Rounding, gift cards: what the shop's own sum is off by. */
  oddity: number;
  /** How the items are told: line by line, as a sum, or not at all. */
  told: 'lines' | 'sum' | 'total';
};

export const createTerms = (random: Random, lines: readonly CartLine[]): Terms => {
  const [first] = lines;
  return {
    discountPercent: random.chance(0.2) ? random.pick([5, 10, 15, 20]) : 0,
    taxPercent: random.pick([7, 8, 10, 19]),
    // Some tens of what the goods cost, so that it suits any currency.
    shipping: random.chance(0.5) ? Math.ceil((first?.unit_price ?? 0) / 20) : 0,
    oddity: random.chance(0.05) ? random.int(-2, 2) : 0,
    told: random.weighted([
      ['lines', 90],
      ['sum', 6],
      ['total', 4],
    ] as const),
  };
};

export type Bill = Pick<OrderFact, 'items' | 'discount' | 'taxAdded' | 'shipping' | 'unexplained' | 'total'> & {
  stated: Amounts;
};

const sumOf = (lines: readonly CartLine[]): number => lines.reduce((sum, line) => sum + lineValue(line), 0);

/** The bill for the lines, with the amounts that the shop states of it. */
export const billOf = (lines: readonly CartLine[], terms: Terms, { taxAdded }: Store): Bill => {
  const goods = sumOf(lines);
  const { shipping } = terms;
  const discount = Math.floor((goods * terms.discountPercent) / 100);
  const taxed = goods - discount;
  const tax = taxAdded
    ? Math.round((taxed * terms.taxPercent) / 100)
    : Math.round((taxed * terms.taxPercent) / (100 + terms.taxPercent));
  // An oddity near the tax would look like tax that was or was not added.
  const unexplained = tax > 2 * Math.abs(terms.oddity) ? terms.oddity : 0;
  const total = taxed + shipping + (taxAdded ? tax : 0) + unexplained;
  const stated = { discount, tax, shipping, total };
  if (terms.told === 'total') {
    // Then the items are what is left once everything else is taken off, tax included.
    return {
      items: total + discount - tax - shipping,
      discount,
      taxAdded: tax,
      shipping,
      unexplained: 0,
      total,
      stated,
    };
  }
  return {
    items: goods,
    discount,
    taxAdded: taxAdded ? tax : 0,
    shipping,
    unexplained,
    total,
    stated: { items: goods, ...stated },
  };
};

/** What happened between cart and order, line by line, or as one sum where the order tells no lines. */
export const changeOf = (
  cart: CartBook | null,
  lines: readonly CartLine[],
  terms: Terms,
  items: number,
): OrderFact['change'] => {
  const change = { added: 0, dropped: 0, repriced: 0, unexplainedItems: 0 };
  if (cart === null) return change;
  const held = new Map(cart.contents().map((line) => [lineKey(line), line]));
  if (terms.told !== 'lines') return { ...change, unexplainedItems: items - sumOf([...held.values()]) };
  for (const line of lines) {
    const inCart = held.get(lineKey(line));
    if (inCart === undefined) change.added += lineValue(line);
    else change.repriced += lineValue(line) - lineValue(inCart);
    held.delete(lineKey(line));
  }
  change.dropped = -sumOf([...held.values()]);
  return change;
};
