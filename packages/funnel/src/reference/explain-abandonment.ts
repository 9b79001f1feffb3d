/** The carts behind the figures of the abandonment report. */
import { POINTS } from '../definition.ts';
import { boughtIn, everIn, isLeft, productsIn } from './abandonment.ts';
import { lineValue } from './contents.ts';
import type { CountedCart } from './counted.ts';
import { isContactable, lastPageOf, lastProductOf, peakOf, removedOf } from './details.ts';
import { type Behind, type Figure, hasOnly } from './figure.ts';
import { valueIn } from './revenue.ts';

type Which = (c: CountedCart) => boolean;

/** With a currency the carts' values in it, else the carts. */
export const explainAbandonment = (of: Figure, carts: readonly CountedCart[]): Behind | undefined => {
  const which = whichOf(of);
  if (which === undefined || !isAsked(of)) return undefined;
  const currency = of.get('currency');
  if (currency === undefined && AMOUNTS.has(of.get('figure') ?? '')) return undefined;
  const amount = (c: CountedCart): bigint | null => (currency === undefined ? null : amountIn(of, c, currency));
  return { unit: 'cart', rows: carts.filter(which).map((c) => ({ id: c.cart.key, amount: amount(c) })) };
};

/** Figures that are no count of carts, whatever else is asked. */
const AMOUNTS = new Set(['peak_value', 'removed', 'value_left']);

/** Nothing is asked beside the figure but what it knows; only carts left, and amounts, have a currency. */
const isAsked = (of: Figure): boolean => {
  const figure = of.get('figure') ?? '';
  const points: readonly string[] = POINTS;
  if (of.has('product')) return hasOnly(of, 'product', 'figure', ...(figure === 'value_left' ? ['currency'] : []));
  const list = Object.keys(LISTS).find((name) => of.has(name));
  if (list === undefined) return hasOnly(of, 'figure', figure in COUNTS ? 'checkout' : 'currency');
  return hasOnly(of, list, 'currency') && points.includes(of.get('point') ?? 'cart');
};

const inState =
  (state: CountedCart['life']['state']): Which =>
  (c) =>
    c.life.state === state;

/** Of all carts, or of those with a checkout. */
const COUNTS: Record<string, Which> = {
  created: () => true,
  active: inState('active'),
  idle: inState('idle'),
  abandoned: inState('abandoned'),
  lost: inState('lost'),
  emptied: inState('emptied'),
  purchased: inState('purchased'),
  recovered: inState('recovered'),
  recovered_late: (c) => c.life.recoveredLate,
  revived: (c) => c.life.revived,
};

/** Lists of carts left. */
const LISTS: Record<string, (c: CountedCart) => string> = {
  point: (c) => c.life.furthest,
  reason: (c) => c.life.reason,
  last_page: lastPageOf,
  last_product: lastProductOf,
};

const OF_PRODUCT: Record<string, (c: CountedCart, product: string) => boolean> = {
  carts: (c, product) => everIn(c).has(product),
  left: (c, product) => isLeft(c) && productsIn(c.contents.counted.values()).has(product),
  value_left: (c, product) => isLeft(c) && productsIn(c.contents.counted.values()).has(product),
  bought: (c, product) => boughtIn(c).has(product),
};

const whichOf = (of: Figure): Which | undefined => {
  const [figure = '', product] = [of.get('figure'), of.get('product')];
  if (of.has('checkout')) {
    // Its rates are made of counts; nothing else of the report is told of carts with a checkout alone.
    const count = of.get('checkout') === 'true' ? COUNTS[figure] : undefined;
    return count && ((c) => count(c) && c.life.checkedOut);
  }
  for (const [list, nameOf] of Object.entries(LISTS)) {
    const name = of.get(list);
    if (name !== undefined) return (c) => isLeft(c) && nameOf(c) === name;
  }
  if (product !== undefined) {
    const isBehind = OF_PRODUCT[figure];
    return isBehind && ((c) => isBehind(c, product));
  }
  if (figure === 'contactable') return (c) => isLeft(c) && isContactable(c);
  if (figure === 'peak_value' || figure === 'removed') return () => true;
  return COUNTS[figure];
};

const amountIn = (of: Figure, c: CountedCart, currency: string): bigint => {
  const [figure, product] = [of.get('figure'), of.get('product')];
  if (figure === 'peak_value') return peakOf(c).get(currency) ?? 0n;
  if (figure === 'removed') return removedOf(c).get(currency) ?? 0n;
  return product === undefined ? valueIn(c, currency) : valueOfProduct(c, product, currency);
};

const valueOfProduct = ({ contents }: CountedCart, product: string, currency: string): bigint =>
  [...contents.counted].reduce((sum, [key, line]) => {
    const worth = line.product_id === product ? lineValue(key, line, contents.prices) : null;
    return worth?.currency === currency ? sum + worth.amount : sum;
  }, 0n);
