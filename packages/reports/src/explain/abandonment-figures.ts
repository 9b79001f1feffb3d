import { POINTS } from '@cartledger/funnel';
import {
  CART_FIGURE_NAMES,
  CART_FIGURES,
  type CartFigure,
  LEFT,
  PRODUCTS_BOUGHT,
  PRODUCTS_COUNTED,
  PRODUCTS_EVER,
} from '../carts/predicates.ts';
import { type Asked, badFigure, type Figure, type FigureKey, normalise, oneOf } from './figure.ts';

/** 0 in another currency: every currency stands once in a value. */
export const VALUE_IN = 'value.amount[indexOf(value.currency, {currency:String})]';
const PEAK_IN = 'peak_value.amount[indexOf(peak_value.currency, {currency:String})]';
const LINES_IN = `arraySum(arrayMap(
  (product, quantity, price, priced_in) -> if(product = {product:String} AND priced_in = {currency:String} AND price IS NOT NULL,
    toInt128(quantity) * assumeNotNull(price), toInt128(0)),
  lines.product_id, lines.quantity, lines.unit_price, lines.currency))`;

const MONEY_FIGURES = { peak_value: PEAK_IN, removed: `${PEAK_IN} - ${VALUE_IN}` } as const;

/** What carts abandoned or lost are told apart by in the report's lists. */
const LISTS = {
  point: 'furthest = {point:String}',
  reason: 'reason = {reason:String}',
  last_page: 'last_page = {last_page:String}',
  last_product: 'last_product = {last_product:String}',
} as const;

const PRODUCT_FIGURES = {
  carts: `has(${PRODUCTS_EVER}, {product:String})`,
  left: `${LEFT} AND has(${PRODUCTS_COUNTED}, {product:String})`,
  bought: `has(${PRODUCTS_BOUGHT}, {product:String})`,
  value_left: LEFT,
} as const;

type Made = { where: string; amount?: string | null; params?: Record<string, unknown> };

const FIGURES = [...CART_FIGURE_NAMES, 'contactable', 'peak_value', 'removed'] as const;
const ALLOWED =
  'give point=P, reason=R, last_page=P, last_product=ID, product=ID,figure=carts|left|bought|value_left or ' +
  `figure=${FIGURES.join('|')}`;

/** `currency=` turns a count of carts left into their value. */
const countOrValue = (asked: Asked): Pick<Made, 'amount' | 'params'> => {
  const currency = asked.get('currency');
  return currency === undefined ? {} : { amount: VALUE_IN, params: { currency } };
};

const figureOf = (asked: Asked): Made & { known: FigureKey[] } => {
  const product = asked.get('product');
  if (product !== undefined) {
    const figure = oneOf(asked, 'figure', ['carts', 'left', 'bought', 'value_left']) as keyof typeof PRODUCT_FIGURES;
    const where = PRODUCT_FIGURES[figure];
    if (figure !== 'value_left') return { where, params: { product }, known: ['product', 'figure'] };
    const currency = asked.get('currency');
    if (currency === undefined) throw badFigure('currency', '', 'value_left is an amount: say of which currency');
    return { where, amount: LINES_IN, params: { product, currency }, known: ['product', 'figure', 'currency'] };
  }
  for (const key of ['point', 'reason', 'last_page', 'last_product'] as const) {
    const value = asked.get(key);
    if (value === undefined) continue;
    if (key === 'point') oneOf(asked, 'point', POINTS);
    const { amount = null, params } = countOrValue(asked);
    return {
      where: `${LEFT} AND ${LISTS[key]}`,
      amount,
      params: { [key]: value, ...params },
      known: [key, 'currency'],
    };
  }
  const figure = asked.get('figure');
  if (figure === undefined) throw badFigure('figure', '', ALLOWED);
  if (figure === 'contactable') {
    const { amount = null, params = {} } = countOrValue(asked);
    return { where: `${LEFT} AND contactable`, amount, params, known: ['figure', 'currency'] };
  }
  if (figure === 'peak_value' || figure === 'removed') {
    const currency = asked.get('currency');
    if (currency === undefined) throw badFigure('currency', '', `${figure} is an amount: say of which currency`);
    return { where: 'true', amount: MONEY_FIGURES[figure], params: { currency }, known: ['figure', 'currency'] };
  }
  if (!CART_FIGURE_NAMES.includes(figure as CartFigure)) throw badFigure('figure', figure, ALLOWED);
  const checkout = asked.get('checkout');
  if (checkout !== undefined) oneOf(asked, 'checkout', ['true']);
  const where = CART_FIGURES[figure as CartFigure];
  return { where: checkout === undefined ? where : `${where} AND has_checkout`, known: ['figure', 'checkout'] };
};

export const abandonmentFigure = (asked: Asked): Figure => {
  const { where, amount = null, params = {}, known } = figureOf(asked);
  return {
    of: normalise(asked, known),
    unit: 'cart',
    currency: amount === null ? null : (asked.get('currency') ?? null),
    parts: [{ source: 'carts', where, amount }],
    params,
  };
};
