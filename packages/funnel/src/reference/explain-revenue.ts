/** The carts, orders and refunds behind the figures of revenue by stage. */
import { BRIDGE_LINES, POINTS } from '../definition.ts';
import { isLeft } from './abandonment.ts';
import { entriesOf, lineIsSum } from './bridge.ts';
import type { PassedOrder } from './carts.ts';
import type { CountedCart } from './counted.ts';
import { type Behind, type Figure, hasOnly } from './figure.ts';
import type { Order } from './orders.ts';
import type { Refund } from './refunds.ts';
import { isBought, isEmptied, isStanding, type Period, valueIn } from './revenue.ts';

type Which = (c: CountedCart) => boolean;
type Row = Behind['rows'][number];

export const explainRevenue = (of: Figure, period: Period): Behind | undefined => {
  const currency = of.get('currency');
  if (currency === undefined) return undefined;
  const [stage, carts, orders, line] = [of.get('stage'), of.get('carts'), of.get('orders'), of.get('line')];
  const which = ['stage', 'carts', 'orders', 'line'].find((key) => of.has(key));
  if (!hasOnly(of, 'currency', which ?? 'figure', ...(which === 'stage' ? ['figure'] : []))) return undefined;
  if (stage !== undefined) return atStage(stage, of.get('figure'), currency, period);
  if (carts !== undefined) return ofCarts(carts, currency, period);
  if (orders !== undefined) return ofOrders(orders, currency, period);
  if (line !== undefined) return ofLine(line, currency, period);
  if (of.get('figure') === 'difference') return difference(currency, period);
  return of.get('figure') === 'timing' ? timing(currency, period) : undefined;
};

const valued = (carts: readonly CountedCart[], currency: string, which: Which, sign = 1n): Row[] =>
  carts
    .filter((c) => c.value.has(currency) && which(c))
    .map((c) => ({ id: c.cart.key, amount: sign * valueIn(c, currency) }));

const STATES: Record<string, Which> = { left: isLeft, standing: isStanding, emptied: isEmptied, bought: isBought };

const ofCarts = (name: string, currency: string, { carts }: Period): Behind | undefined => {
  const which = name === 'value' ? () => true : STATES[name];
  return which === undefined ? undefined : { unit: 'cart', rows: valued(carts, currency, which) };
};

const atStage = (
  stage: string,
  figure: string | undefined,
  currency: string,
  { carts }: Period,
): Behind | undefined => {
  const points: readonly string[] = POINTS;
  const place = points.indexOf(stage);
  if (place === -1 && stage !== 'purchase') return undefined;
  const reached: Which = (c) => isBought(c) || (place !== -1 && points.indexOf(c.life.furthest) >= place);
  const rows = (which: Which): Behind => ({ unit: 'cart', rows: valued(carts, currency, which) });
  if (figure === 'carts') {
    const counted = rows(reached).rows.map(({ id }) => ({ id, amount: null }));
    return { unit: 'cart', rows: counted };
  }
  if (figure === 'reached') return rows(reached);
  if (figure === 'recovered') return rows((c) => c.life.state === 'recovered' && c.life.leftAt === stage);
  const state = figure === undefined ? undefined : STATES[figure];
  return state === undefined ? undefined : rows((c) => state(c) && !isBought(c) && c.life.furthest === stage);
};

const AMOUNTS: Record<string, (order: Order) => bigint> = {
  gross_sales: ({ amounts }) => amounts.items,
  discounts: ({ amounts }) => amounts.discount,
  tax: ({ amounts }) => amounts.taxAdded,
  shipping: ({ amounts }) => amounts.shipping,
  unexplained: ({ amounts }) => amounts.unexplained,
  order_total: ({ amounts }) => amounts.total,
  net: ({ amounts }) => amounts.total,
  net_sales: ({ amounts }) => amounts.items - amounts.discount,
};

const refundId = (refund: Refund): string => `${refund.order_id} ${refund.refund_id}`;

const ofOrders = (name: string, currency: string, period: Period): Behind | undefined => {
  const orders = period.orders.filter(({ order }) => order.currency === currency);
  const refunds = period.refunds.filter((refund) => refund.currency === currency);
  const counted = (some: readonly PassedOrder[]): Behind => ({
    unit: 'order',
    rows: some.map(({ order }) => ({ id: order.order_id, amount: null })),
  });
  if (name === 'count') return counted(orders);
  if (name === 'without_cart') return counted(orders.filter((order) => order.cart === null));
  if (name === 'refunds')
    return { unit: 'refund', rows: refunds.map((refund) => ({ id: refundId(refund), amount: refund.total })) };
  const amount = AMOUNTS[name];
  if (amount === undefined) return undefined;
  const paidBack = (refund: Refund): bigint => (name === 'net' ? refund.total : refund.items);
  const isNet = name === 'net' || name === 'net_sales';
  return {
    unit: 'order',
    rows: [
      ...orders.map(({ order }) => ({ id: order.order_id, amount: amount(order) })),
      ...(isNet ? refunds : []).map((refund) => ({ id: refundId(refund), amount: -paidBack(refund) })),
    ],
  };
};

const LINES: ReadonlySet<string> = new Set(BRIDGE_LINES);

const ofLine = (line: string, currency: string, period: Period): Behind | undefined => {
  if (!LINES.has(line)) return undefined;
  if (lineIsSum(line)) return ofOrders(line, currency, period);
  const share = (passed: PassedOrder): bigint =>
    entriesOf(passed, period.cartOf(passed))
      .filter((entry) => entry.line === line && entry.currency === currency)
      .reduce((sum, entry) => sum + entry.amount, 0n);
  if (line === 'refunds') {
    const behind = ofOrders('refunds', currency, period);
    return behind && { ...behind, rows: behind.rows.map(({ id, amount }) => ({ id, amount: -(amount ?? 0n) })) };
  }
  return {
    unit: 'order',
    rows: period.orders.map((passed) => ({ id: passed.order.order_id, amount: share(passed) })),
  };
};

/** What the period's orders joined, less what the carts opened in the period brought. */
const timing = (currency: string, period: Period): Behind => {
  const joined = period.orders.flatMap((passed) => period.cartOf(passed) ?? []);
  const opened = new Set(period.carts);
  const inBoth = new Set(joined.filter((c) => opened.has(c)));
  const notInBoth: Which = (c) => isBought(c) && !inBoth.has(c);
  return {
    unit: 'cart',
    rows: [...valued(joined, currency, notInBoth), ...valued(period.carts, currency, notInBoth, -1n)],
  };
};

/** What an order puts on the bridge, less its own total: nothing, or something is wrong with it. */
const difference = (currency: string, period: Period): Behind => ({
  unit: 'order',
  rows: period.orders.map((passed) => {
    const entries = entriesOf(passed, period.cartOf(passed)).filter((entry) => entry.currency === currency);
    const own = passed.order.currency === currency ? passed.order.amounts.total : 0n;
    return { id: passed.order.order_id, amount: entries.reduce((sum, entry) => sum + entry.amount, 0n) - own };
  }),
});
