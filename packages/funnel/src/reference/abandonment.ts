/** The abandonment report over the carts opened in the period (numbers.md 4). */
import { POINTS } from '../definition.ts';
import type { AbandonmentBody, AbandonmentRates, CartCounts, MoneyByCurrency } from '../report.ts';
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
    reasons: [...Map.groupBy(left, (c) => c.life.reason)]
      .map(([code, withReason]) => ({ code, ...cartsAndValue(withReason) }))
      .sort((a, b) => byAmount(totalIn(a.value), totalIn(b.value)) || compareText(a.code, b.code)),
    products: productsOf(carts),
  };
};

export const isLeft = (c: CountedCart): boolean => c.life.state === 'abandoned' || c.life.state === 'lost';

const countsOf = (carts: readonly CountedCart[]): CartCounts => {
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

const ratesOf = (n: CartCounts): AbandonmentRates => {
  const everAbandoned = n.abandoned + n.lost + n.recovered;
  return {
    abandonment_rate: rate(everAbandoned, everAbandoned + n.purchased),
    recovery_rate: rate(n.recovered, everAbandoned),
    not_bought_rate: rate(n.created - n.purchased - n.recovered, n.created),
  };
};

const cartsAndValue = (carts: readonly CountedCart[]): { carts: number; value: MoneyByCurrency } => {
  const value: Money = new Map();
  for (const c of carts) addAllMoney(value, c.value);
  return { carts: carts.length, value: moneyOf(value) };
};

type Product = { carts: number; left: number; bought: number; valueLeft: Money; name: string | null };

const productsOf = (carts: readonly CountedCart[]): AbandonmentBody['products'] => {
  const products = new Map<string, Product>();
  const product = (id: string): Product => {
    const entry = products.get(id) ?? { carts: 0, left: 0, bought: 0, valueLeft: new Map(), name: null };
    products.set(id, entry);
    return entry;
  };
  // The name comes from the cart opened last, so carts go by their opening.
  for (const c of carts.toSorted((a, b) => a.openedAt - b.openedAt || compareText(a.cart.key, b.cart.key))) {
    for (const id of everIn(c)) product(id).carts++;
    for (const id of isLeft(c) ? productsIn(c.contents.counted.values()) : []) product(id).left++;
    for (const id of boughtIn(c)) product(id).bought++;
    if (isLeft(c)) {
      for (const [key, line] of c.contents.counted) {
        const worth = lineValue(key, line, c.contents.prices);
        if (worth !== null) addMoney(product(line.product_id).valueLeft, worth.currency, worth.amount);
      }
    }
    for (const [id, name] of namesIn(c)) {
      const listed = products.get(id);
      if (listed !== undefined) listed.name = name;
    }
  }
  return [...products]
    .sort(([a, p], [b, q]) => byAmount(totalOf(p.valueLeft), totalOf(q.valueLeft)) || compareText(a, b))
    .map(([id, p]) => ({
      product_id: id,
      name: p.name,
      carts: p.carts,
      left: p.left,
      bought: p.bought,
      value_left: moneyOf(p.valueLeft),
    }));
};

const productsIn = (lines: Iterable<{ product_id: string }>): Set<string> =>
  new Set([...lines].map((line) => line.product_id));

const everIn = (c: CountedCart): Set<string> => productsIn(c.contents.after.flatMap((lines) => [...lines.values()]));

/** In the order's lines, though never in the contents; for an order without lines, in the counted lines. */
const boughtIn = (c: CountedCart): Set<string> => {
  if (c.cart.order === null) return new Set();
  return productsIn(c.cart.order.lines.length > 0 ? c.cart.order.lines : c.contents.counted.values());
};

/** The last name each product was given by the cart's own events. */
const namesIn = (c: CountedCart): Map<string, string> =>
  new Map(
    c.cart.events
      .filter(isCartEvent)
      .flatMap((e) => e.items ?? [])
      .flatMap((item) => (item.name === undefined ? [] : [[item.product_id, item.name]])),
  );

const moneyOf = (money: Money): MoneyByCurrency => Object.fromEntries([...money].sort(([a], [b]) => compareText(a, b)));

const totalIn = (money: MoneyByCurrency): bigint => Object.values(money).reduce((sum, amount) => sum + amount, 0n);

/** The larger first. */
const byAmount = (a: bigint, b: bigint): number => (a > b ? -1 : a < b ? 1 : 0);
