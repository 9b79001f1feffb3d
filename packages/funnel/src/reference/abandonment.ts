/** The abandonment report over the carts opened in the period (definitions.md 4). */
import { POINTS } from '../definition.ts';
import type { AbandonmentBody, AbandonmentRates, CartCounts, MoneyByCurrency } from '../reports/index.ts';
import { addAllMoney, addMoney, type Money, rate, totalOf } from './arithmetic.ts';
import { lineValue } from './contents.ts';
import type { CountedCart } from './counted.ts';
import { isCartEvent } from './kept.ts';
import { compareText } from './ordering.ts';
import type { CartState } from './states.ts';

export const abandonmentReport = (carts: readonly CountedCart[]): AbandonmentBody => {
  const left = carts.filter(isLeft);
  return {
    carts: countsOf(carts),
    ...ratesOf(countsOf(carts)),
    checkout: ratesOf(countsOf(carts.filter((c) => c.life.checkedOut))),
    points: POINTS.map((stage) => ({ stage, ...cartsAndValue(left.filter((c) => c.life.furthest === stage)) })).filter(
      (point) => point.carts > 0,
    ),
    reasons: reasonsOf(left),
    products: productsOf(carts),
  };
};

/** Reasons by value, then code. */
export const reasonsOf = (carts: readonly CountedCart[]): AbandonmentBody['reasons'] =>
  [...Map.groupBy(carts, (c) => c.life.reason)]
    .map(([code, withReason]) => ({ code, ...cartsAndValue(withReason) }))
    .sort(byValueThen((reason) => reason.code));

export const isLeft = (c: CountedCart): boolean => c.life.state === 'abandoned' || c.life.state === 'lost';

export const countsOf = (carts: readonly CountedCart[]): CartCounts => {
  const inState = (state: CartState): number => carts.filter((c) => c.life.state === state).length;
  return {
    created: carts.length,
    active: inState('active'),
    idle: inState('idle'),
    abandoned: inState('abandoned'),
    lost: inState('lost'),
    emptied: inState('emptied'),
    purchased: inState('purchased'),
    recovered: inState('recovered'),
    recovered_late: carts.filter((c) => c.life.recoveredLate).length,
    revived: carts.filter((c) => c.life.revived).length,
  };
};

export const ratesOf = (n: CartCounts): AbandonmentRates => {
  const everAbandoned = n.abandoned + n.lost + n.recovered;
  return {
    abandonment_rate: rate(everAbandoned, everAbandoned + n.purchased),
    recovery_rate: rate(n.recovered, everAbandoned),
    not_bought_rate: rate(n.created - n.purchased - n.recovered, n.created),
  };
};

export type CartsAndValue = { carts: number; value: MoneyByCurrency };

export const cartsAndValue = (carts: readonly CountedCart[]): CartsAndValue => {
  const value: Money = new Map();
  for (const c of carts) addAllMoney(value, c.value);
  return { carts: carts.length, value: moneyOf(value) };
};

type Product = { carts: number; left: number; bought: number; valueLeft: Money };

const productsOf = (carts: readonly CountedCart[]): AbandonmentBody['products'] => {
  const products = new Map<string, Product>();
  const product = (id: string): Product => {
    const entry = products.get(id) ?? { carts: 0, left: 0, bought: 0, valueLeft: new Map() };
    products.set(id, entry);
    return entry;
  };
  for (const c of carts) {
    for (const id of everIn(c)) product(id).carts++;
    for (const id of isLeft(c) ? productsIn(c.contents.counted.values()) : []) product(id).left++;
    for (const id of boughtIn(c)) product(id).bought++;
    if (isLeft(c)) {
      for (const [key, line] of c.contents.counted) {
        const worth = lineValue(key, line, c.contents.prices);
        if (worth !== null) addMoney(product(line.product_id).valueLeft, worth.currency, worth.amount);
      }
    }
  }
  const nameOf = new Map(namesGiven(carts).map((given) => [given.product_id, given.name]));
  return [...products]
    .sort(([a, p], [b, q]) => byAmount(totalOf(p.valueLeft), totalOf(q.valueLeft)) || compareText(a, b))
    .map(([id, p]) => ({
      product_id: id,
      name: nameOf.get(id) ?? null,
      carts: p.carts,
      left: p.left,
      bought: p.bought,
      value_left: moneyOf(p.valueLeft),
    }));
};

/** What gave each product its name: of the carts that ever held it and name it the one opened last, ties by key. */
export type NameGiven = { product_id: string; name: string; openedAt: number; cart_key: string };

export const namesGiven = (carts: readonly CountedCart[]): NameGiven[] => {
  const given = new Map<string, NameGiven>();
  for (const c of carts.toSorted(byOpening)) {
    const held = everIn(c);
    for (const [product_id, name] of namesIn(c)) {
      if (held.has(product_id)) given.set(product_id, { product_id, name, openedAt: c.openedAt, cart_key: c.cart.key });
    }
  }
  return [...given.values()];
};

const byOpening = (a: CountedCart, b: CountedCart): number =>
  a.openedAt - b.openedAt || compareText(a.cart.key, b.cart.key);

export const productsIn = (lines: Iterable<{ product_id: string }>): Set<string> =>
  new Set([...lines].map((line) => line.product_id));

export const everIn = (c: CountedCart): Set<string> =>
  productsIn(c.contents.after.flatMap((lines) => [...lines.values()]));

/** In the order's lines, though never in the contents; for an order without lines, in the counted lines. */
export const boughtIn = (c: CountedCart): Set<string> => {
  if (c.cart.order === null) return new Set();
  return productsIn(c.cart.order.lines.length > 0 ? c.cart.order.lines : c.contents.counted.values());
};

/** The last name each product was given by the cart's own events; an empty one is none. */
const namesIn = (c: CountedCart): Map<string, string> =>
  new Map(
    c.cart.events
      .filter(isCartEvent)
      .flatMap((e) => e.items ?? [])
      .flatMap(({ product_id, name = '' }) => (name === '' ? [] : [[product_id, name]])),
  );

export const moneyOf = (money: Money): MoneyByCurrency =>
  Object.fromEntries([...money].sort(([a], [b]) => compareText(a, b)));

export const totalIn = (money: MoneyByCurrency): bigint =>
  Object.values(money).reduce((sum, amount) => sum + amount, 0n);

/** The larger value first, added up over currencies; ties by id. */
export const byValueThen =
  <T extends { value: MoneyByCurrency }>(id: (row: T) => string) =>
  (a: T, b: T): number =>
    byAmount(totalIn(a.value), totalIn(b.value)) || compareText(id(a), id(b));

/** The larger first. */
export const byAmount = (a: bigint, b: bigint): number => (a > b ? -1 : a < b ? 1 : 0);
