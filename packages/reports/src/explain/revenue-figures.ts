import { BRIDGE_LINES, POINTS, type RefundsOn } from '@cartledger/funnel';
import { BOUGHT, EMPTIED, LEFT, OPENED_IN_PERIOD, RECOVERED, STANDING } from '../carts/predicates.ts';
import {
  BRIDGE_IN,
  DATED_IN_PERIOD,
  IN_CURRENCY,
  ORDER_AMOUNTS,
  type OrderAmount,
  REFUNDED,
  REFUNDED_ITEMS,
  WITHOUT_CART,
} from '../revenue/predicates.ts';
import { VALUE_IN } from './abandonment-figures.ts';
import { type Asked, badFigure, type Figure, type FigureKey, normalise, oneOf, type Part } from './figure.ts';

const STAGES = [...POINTS, 'purchase'] as const;
const STANDINGS = { value: 'true', left: LEFT, standing: STANDING, emptied: EMPTIED, bought: BOUGHT } as const;
const HAS_CURRENCY = 'has(value.currency, {currency:String})';

type Made = { unit: Figure['unit']; parts: Part[]; params?: Record<string, unknown>; known: FigureKey[] };

const carts = (where: string, amount: string | null): Part => ({ source: 'carts', where, amount });
const orders = (where: string, amount: string | null): Part => ({ source: 'orders', where, amount });
const refunds = (amount: string): Part => ({ source: 'refunds', where: IN_CURRENCY, amount });

const stageFigure = (asked: Asked): Made => {
  const stage = oneOf(asked, 'stage', STAGES) as (typeof STAGES)[number];
  const figure = oneOf(asked, 'figure', ['carts', 'reached', 'left', 'standing', 'emptied', 'recovered']);
  const known: FigureKey[] = ['currency', 'stage', 'figure'];
  if (figure === 'carts' || figure === 'reached') {
    // An ordered cart has reached all; any other its furthest point and those before it.
    const points = POINTS.slice(STAGES.indexOf(stage));
    const where = `${HAS_CURRENCY} AND (${BOUGHT} OR furthest IN {points:Array(String)})`;
    return { unit: 'cart', parts: [carts(where, figure === 'carts' ? null : VALUE_IN)], params: { points }, known };
  }
  const where =
    figure === 'recovered'
      ? `${RECOVERED} AND abandoned_point = {stage_name:String}`
      : `${STANDINGS[figure as keyof typeof STANDINGS]} AND furthest = {stage_name:String}`;
  return { unit: 'cart', parts: [carts(where, VALUE_IN)], params: { stage_name: stage }, known };
};

const ORDER_FIGURES = ['count', 'without_cart', ...Object.keys(ORDER_AMOUNTS), 'refunds', 'net', 'net_sales'] as const;

const orderFigure = (figure: string): Omit<Made, 'known'> => {
  switch (figure) {
    case 'count':
      return { unit: 'order', parts: [orders(IN_CURRENCY, null)] };
    case 'without_cart':
      return { unit: 'order', parts: [orders(`${IN_CURRENCY} AND ${WITHOUT_CART}`, null)] };
    case 'refunds':
      return { unit: 'refund', parts: [refunds(REFUNDED)] };
    case 'net':
      return { unit: 'order', parts: [orders(IN_CURRENCY, ORDER_AMOUNTS.order_total), refunds(`-${REFUNDED}`)] };
    case 'net_sales': {
      const sales = `${ORDER_AMOUNTS.gross_sales} - ${ORDER_AMOUNTS.discounts}`;
      return { unit: 'order', parts: [orders(IN_CURRENCY, sales), refunds(`-${REFUNDED_ITEMS}`)] };
    }
    default:
      return { unit: 'order', parts: [orders(IN_CURRENCY, ORDER_AMOUNTS[figure as OrderAmount])] };
  }
};

const lineFigure = (line: (typeof BRIDGE_LINES)[number]): Omit<Made, 'known'> => {
  switch (line) {
    case 'discounts':
      return { unit: 'order', parts: [orders(IN_CURRENCY, `-${ORDER_AMOUNTS.discounts}`)] };
    case 'refunds':
      return { unit: 'refund', parts: [refunds(`-${REFUNDED}`)] };
    case 'gross_sales':
    case 'tax':
    case 'shipping':
    case 'unexplained':
    case 'order_total':
    case 'net':
      return orderFigure(line);
    default:
      return { unit: 'order', parts: [orders('true', BRIDGE_IN)], params: { line } };
  }
};

/** Joined by an order of the period: plus; bought and opened in the period: minus. */
const TIMING = `(if(order_id IN (SELECT order_id FROM orders WHERE ${DATED_IN_PERIOD} AND cart_key != ''), ${VALUE_IN}, toInt128(0))
  - if(${BOUGHT} AND ${OPENED_IN_PERIOD}, ${VALUE_IN}, toInt128(0)))`;

/** What an order's bridge and amounts come to, less its total: 0 for every order, or something is wrong with it. */
const DIFFERENCE = `(arraySum(arrayMap((a, c) -> if(c = {currency:String}, a, toInt128(0)), bridge.amount, bridge.currency))
  + if(${IN_CURRENCY}, amount_tax_added + amount_shipping + amount_unexplained - amount_discount - amount_total, toInt128(0)))`;

const figureOf = (asked: Asked): Made => {
  if (asked.has('stage')) return stageFigure(asked);
  if (asked.has('carts')) {
    const standing = oneOf(asked, 'carts', ['value', 'left', 'standing', 'emptied', 'bought']);
    const where = STANDINGS[standing as keyof typeof STANDINGS];
    return { unit: 'cart', parts: [carts(where, VALUE_IN)], known: ['currency', 'carts'] };
  }
  if (asked.has('orders'))
    return { ...orderFigure(oneOf(asked, 'orders', ORDER_FIGURES)), known: ['currency', 'orders'] };
  if (asked.has('line')) {
    const line = oneOf(asked, 'line', BRIDGE_LINES) as (typeof BRIDGE_LINES)[number];
    return { ...lineFigure(line), known: ['currency', 'line'] };
  }
  const figure = asked.get('figure');
  if (figure === 'difference')
    return { unit: 'order', parts: [orders('true', DIFFERENCE)], known: ['currency', 'figure'] };
  if (figure !== 'timing')
    throw badFigure(
      'figure',
      figure ?? '',
      'give stage=S,figure=carts|reached|left|standing|emptied|recovered, carts=value|left|standing|emptied|bought, ' +
        `orders=${ORDER_FIGURES.join('|')}, line=L or figure=timing|difference`,
    );
  return {
    unit: 'cart',
    parts: [{ source: 'carts', where: HAS_CURRENCY, amount: TIMING, anyDay: true }],
    known: ['currency', 'figure'],
  };
};

/** The same rows, refunds from where they count on their order's day. */
const byOrder = (part: Part): Part => (part.source === 'refunds' ? { ...part, source: 'refunds_by_order' } : part);

/** Every figure is of one currency: `currency=EUR,...`. */
export const revenueFigure = (asked: Asked, refundsOn: RefundsOn): Figure => {
  const currency = asked.get('currency');
  if (currency === undefined) throw badFigure('currency', '', 'give the currency the figure is in: currency=EUR');
  const { unit, parts, params = {}, known } = figureOf(asked);
  const isAmount = parts.some(({ amount }) => amount !== null);
  return {
    of: normalise(asked, known),
    unit,
    currency: isAmount ? currency : null,
    parts: refundsOn === 'order' ? parts.map(byOrder) : parts,
    params: { ...params, currency },
  };
};
