/** The abandonment report's truth, over the carts opened in the period. */
import {
  type AbandonmentBody,
  type AbandonmentRates,
  type CartCounts,
  type MoneyByCurrency,
  POINTS,
} from '@cartledger/funnel';
import { compareAmountsDown, compareText, rate, sumOf } from './arithmetic.ts';
import { type CartState, isBought, isLeft, type StandingCart } from './carts.ts';

const countsOf = (carts: readonly StandingCart[]): CartCounts => {
  const inState = (state: CartState): number => carts.filter((cart) => cart.state === state).length;
  return {
    created: carts.length,
    active: inState('active'),
    idle: inState('idle'),
    abandoned: inState('abandoned'),
    lost: inState('lost'),
    emptied: inState('emptied'),
    purchased: inState('purchased'),
    recovered: inState('recovered'),
    recovered_late: carts.filter(({ isLate }) => isLate).length,
    revived: carts.filter(({ fact }) => fact.revived).length,
  };
};

const ratesOf = (carts: readonly StandingCart[]): AbandonmentRates => {
  const { created, abandoned, lost, recovered, purchased } = countsOf(carts);
  const ever = abandoned + lost + recovered;
  return {
    abandonment_rate: rate(ever, ever + purchased),
    recovery_rate: rate(recovered, ever),
    not_bought_rate: rate(created - purchased - recovered, created),
  };
};

const worthOf = (carts: readonly StandingCart[]): MoneyByCurrency =>
  Object.fromEntries(
    [...Map.groupBy(carts, ({ fact }) => fact.currency)]
      .sort(([a], [b]) => compareText(a, b))
      .map(([currency, of]) => [currency, sumOf(of, ({ value }) => value)]),
  );

const total = (money: MoneyByCurrency): bigint => Object.values(money).reduce((sum, amount) => sum + amount, 0n);

type Product = AbandonmentBody['products'][number];

const productsOf = (carts: readonly StandingCart[]): Product[] => {
  const products = new Map<string, Product>();
  const product = (product_id: string): Product => {
    const known = products.get(product_id) ?? { product_id, name: null, carts: 0, left: 0, bought: 0, value_left: {} };
    products.set(product_id, known);
    return known;
  };
  for (const cart of carts) {
    const { fact, counted } = cart;
    for (const [product_id, name] of fact.products) {
      const entry = product(product_id);
      entry.carts++;
      entry.name = name;
    }
    const countedIds = new Set(counted.map((line) => line.product_id));
    if (isBought(cart)) for (const id of fact.order?.products ?? countedIds) product(id).bought++;
    if (!isLeft(cart)) continue;
    for (const id of countedIds) product(id).left++;
    for (const { product_id, quantity, unit_price } of counted) {
      const { value_left } = product(product_id);
      value_left[fact.currency] = (value_left[fact.currency] ?? 0n) + BigInt(quantity * unit_price);
    }
  }
  return [...products.values()].sort(
    (a, b) => compareAmountsDown(total(a.value_left), total(b.value_left)) || compareText(a.product_id, b.product_id),
  );
};

export const abandonmentTruth = (carts: readonly StandingCart[]): AbandonmentBody => {
  const left = carts.filter(isLeft);
  return {
    carts: countsOf(carts),
    ...ratesOf(carts),
    checkout: ratesOf(carts.filter(({ fact }) => fact.hasCheckout)),
    points: POINTS.flatMap((stage) => {
      const here = left.filter(({ fact }) => fact.furthest === stage);
      return here.length === 0 ? [] : [{ stage, carts: here.length, value: worthOf(here) }];
    }),
    reasons: [...Map.groupBy(left, ({ fact }) => fact.reason)]
      .map(([code, of]) => ({ code, carts: of.length, value: worthOf(of) }))
      .sort((a, b) => compareAmountsDown(total(a.value), total(b.value)) || compareText(a.code, b.code)),
    products: productsOf(carts),
  };
};
