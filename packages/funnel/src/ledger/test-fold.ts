/**
 * TEST ONLY: folds ledger rows into the reports as the vectors state them (numbers as plain numbers), seeing
 * nothing but the rows, T and the thresholds, as the report SQL does.
 */
import { BRIDGE_LINES, type Definition, POINTS, type RefundsOn } from '../definition.ts';
import { compareUtf8 } from './order-of-events.ts';
import type { CartRow, LedgerRow, MoneyLine, OrderRow, RefundRow } from './rows.ts';
import { halfEven, quantile, rate } from './test-arithmetic.ts';
import { foldFunnel } from './test-fold-funnel.ts';

export type Period = {
  /** The version whose funnels are counted: the one in force on all days of the period. */
  definition: Definition;
  asOf: number;
  from: string;
  to: string;
  /** Default: a refund counts on its own day. */
  refundsOn?: RefundsOn;
};

const sum = (ns: Iterable<number>): number => [...ns].reduce((a, b) => a + b, 0);

export const stateOf = (cart: CartRow, asOf: number): string => {
  if (cart.outcome !== '') return cart.outcome === 'purchased' ? 'purchased' : 'recovered';
  if (!cart.holds_items) return 'emptied';
  const rest = asOf - cart.last_activity_at;
  if (rest < cart.idle_ms) return 'active';
  if (rest < cart.abandon_ms) return 'idle';
  return rest < cart.abandon_ms + cart.recovery_ms ? 'abandoned' : 'lost';
};

const isLeft = (state: string): boolean => state === 'abandoned' || state === 'lost';

const money = (lines: readonly MoneyLine[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { currency, amount } of lines) sums[currency] = (sums[currency] ?? 0) + Number(amount);
  return sums;
};
const total = (value: Record<string, number>): number => sum(Object.values(value));

type Stated = { cart: CartRow; state: string };

const countStates = (carts: Stated[]) => {
  const count = (name: string): number => carts.filter(({ state }) => state === name).length;
  return {
    created: carts.length,
    active: count('active'),
    idle: count('idle'),
    abandoned: count('abandoned'),
    lost: count('lost'),
    emptied: count('emptied'),
    purchased: count('purchased'),
    recovered: count('recovered'),
    recovered_late: carts.filter(({ cart }) => cart.outcome === 'recovered_late').length,
    revived: carts.filter(({ cart }) => cart.revived > 0).length,
  };
};

const ratesOf = (carts: Stated[]) => {
  const c = countStates(carts);
  const ever = c.abandoned + c.lost + c.recovered;
  return {
    abandonment_rate: rate(ever, ever + c.purchased),
    recovery_rate: rate(c.recovered, ever),
    not_bought_rate: rate(c.created - c.purchased - c.recovered, c.created),
  };
};

const byValue = <T extends { value: Record<string, number> }>(id: (row: T) => string) => {
  return (a: T, b: T): number => total(b.value) - total(a.value) || compareUtf8(id(a), id(b));
};

const foldAbandonment = (carts: Stated[]) => {
  const left = carts.filter(({ state }) => isLeft(state));
  const part = (ofPart: Stated[]) => ({
    carts: ofPart.length,
    value: money(ofPart.flatMap(({ cart }) => cart.value)),
  });
  const productIds = new Set(
    carts.flatMap(({ cart }) => [...cart.products.map((product) => product.product_id), ...cart.bought]),
  );
  const byOpening = carts
    .map(({ cart }) => cart)
    .sort((a, b) => a.opened_at - b.opened_at || compareUtf8(a.cart_key, b.cart_key));
  const named = byOpening.flatMap((cart) => cart.products).filter(({ name }) => name !== '');
  const products = [...productIds].map((product_id) => {
    const leftWith = left.filter(({ cart }) => cart.lines.some((line) => line.product_id === product_id));
    return {
      product_id,
      name: named.findLast((product) => product.product_id === product_id)?.name ?? null,
      carts: carts.filter(({ cart }) => cart.products.some((product) => product.product_id === product_id)).length,
      left: leftWith.length,
      bought: carts.filter(({ cart }) => cart.bought.includes(product_id)).length,
      value: money(
        leftWith.flatMap(({ cart }) =>
          cart.lines
            .filter((line) => line.product_id === product_id && line.unit_price !== null)
            .map((line) => ({ currency: line.currency, amount: BigInt(line.quantity * (line.unit_price ?? 0)) })),
        ),
      ),
    };
  });
  return {
    carts: countStates(carts),
    ...ratesOf(carts),
    checkout: ratesOf(carts.filter(({ cart }) => cart.has_checkout)),
    points: POINTS.map((stage) => ({ stage, ...part(left.filter(({ cart }) => cart.furthest === stage)) })).filter(
      (point) => point.carts > 0,
    ),
    reasons: [...Map.groupBy(left, ({ cart }) => cart.reason)]
      .map(([code, ofReason]) => ({ code, ...part(ofReason) }))
      .sort(byValue((reason) => reason.code)),
    products: products
      .sort(byValue((product) => product.product_id))
      .map(({ value, ...product }) => ({ ...product, value_left: value })),
  };
};

const foldDetails = (carts: Stated[]) => {
  const left = carts.filter(({ state }) => isLeft(state));
  const recovered = carts.filter(({ state }) => state === 'recovered').map(({ cart }) => cart);
  const ever = [...left.map(({ cart }) => cart), ...recovered];
  const toAbandonment = ever
    .map((cart) => (cart.first_abandoned_at || cart.last_activity_at + cart.abandon_ms) - cart.opened_at)
    .sort((a, b) => a - b);
  const toRecovery = recovered.map((cart) => cart.ordered_at - cart.last_abandoned_at).sort((a, b) => a - b);
  const lines = (of: (cart: CartRow) => readonly MoneyLine[]) => carts.flatMap(({ cart }) => of(cart));
  const contactable = left.filter(({ cart }) => cart.contactable);
  const by = (read: (cart: CartRow) => string) =>
    [...Map.groupBy(left, ({ cart }) => read(cart))]
      .map(([id, of]) => ({ id, carts: of.length, value: money(of.flatMap(({ cart }) => cart.value)) }))
      .sort(byValue((row) => row.id));
  return {
    times: {
      median_ms_to_abandonment: quantile(toAbandonment, 1, 2),
      p90_ms_to_abandonment: quantile(toAbandonment, 9, 10),
      median_ms_to_recovery: quantile(toRecovery, 1, 2),
      p90_ms_to_recovery: quantile(toRecovery, 9, 10),
    },
    contactable: { carts: contactable.length, value: money(contactable.flatMap(({ cart }) => cart.value)) },
    peak_value: money(lines((cart) => cart.peak_value)),
    removed: money([
      ...lines((cart) => cart.peak_value),
      ...lines((cart) => cart.value).map(({ currency, amount }) => ({ currency, amount: -amount })),
    ]),
    last_pages: by((cart) => cart.last_page).map(({ id, ...rest }) => ({ page: id, ...rest })),
    last_products: by((cart) => cart.last_product).map(({ id, ...rest }) => ({ product_id: id, ...rest })),
  };
};

const foldCurrency = (currency: string, carts: Stated[], orders: OrderRow[], refunds: RefundRow[]) => {
  const worth = ({ cart }: Stated): number | undefined => money(cart.value)[currency];
  const valued = carts.filter((cart) => worth(cart) !== undefined);
  const value = (of: Stated[]): number => sum(of.map((cart) => worth(cart) ?? 0));
  const isBought = ({ cart }: Stated): boolean => cart.outcome !== '';
  const groups = (of: Stated[]) => ({
    left: value(of.filter(({ state }) => isLeft(state))),
    standing: value(of.filter(({ state }) => state === 'active' || state === 'idle')),
    emptied: value(of.filter(({ state }) => state === 'emptied')),
  });
  const stages = [...POINTS, 'purchase' as const].map((stage, k) => {
    const reached = valued.filter((cart) => isBought(cart) || POINTS.indexOf(cart.cart.furthest) >= k);
    return {
      stage,
      carts: reached.length,
      reached: value(reached),
      ...groups(valued.filter((cart) => !isBought(cart) && cart.cart.furthest === stage)),
      recovered: value(valued.filter(({ cart, state }) => state === 'recovered' && cart.abandoned_point === stage)),
    };
  });
  const mine = orders.filter((order) => order.currency === currency);
  const add = (read: (order: OrderRow) => bigint): number => sum(mine.map((order) => Number(read(order))));
  const refunded = refunds.filter((refund) => refund.currency === currency);
  const refundTotal = sum(refunded.map((refund) => Number(refund.total)));
  const refundItems = sum(refunded.map((refund) => Number(refund.items)));
  const items = add((order) => order.items);
  const discount = add((order) => order.discount);
  const charged = add((order) => order.total);
  const lineSum = (line: string): number =>
    sum(
      orders.flatMap((order) =>
        order.bridge.filter((b) => b.line === line && b.currency === currency).map((b) => Number(b.amount)),
      ),
    );
  const upper = new Map(BRIDGE_LINES.slice(0, 11).map((line) => [line as string, lineSum(line)]));
  const gross = sum(upper.values());
  const tax = add((order) => order.tax_added);
  const shipping = add((order) => order.shipping);
  const unexplained = add((order) => order.unexplained);
  const orderTotal = gross - discount + tax + shipping + unexplained;
  const lower: Record<string, number> = {
    gross_sales: gross,
    discounts: 0 - discount,
    tax,
    shipping,
    unexplained,
    order_total: orderTotal,
    refunds: 0 - refundTotal,
    net: orderTotal - refundTotal,
  };
  const bought = value(valued.filter(isBought));
  const difference = orderTotal - refundTotal - (charged - refundTotal);
  return {
    stages,
    carts: { value: value(valued), ...groups(valued), bought },
    orders: {
      count: mine.length,
      without_cart: mine.filter((order) => order.cart_key === '').length,
      gross_sales: items,
      discounts: discount,
      tax,
      shipping,
      unexplained,
      order_total: charged,
      refunds: refundTotal,
      net: charged - refundTotal,
      net_sales: items - discount - refundItems,
      average_order_value: mine.length === 0 ? null : Number(halfEven(BigInt(items - discount), BigInt(mine.length))),
    },
    bridge: BRIDGE_LINES.map((line) => ({ line, amount: upper.get(line) ?? lower[line] ?? 0 })),
    timing: (upper.get('joined_carts') ?? 0) - bought,
    difference,
  };
};

export const foldReports = (rows: readonly LedgerRow[], period: Period) => {
  const { definition, from, to } = period;
  const inPeriod = ({ day }: { day: string }): boolean => day >= from && day <= to;
  const journeys = rows.filter((row) => row.kind === 'journey');
  const cartRows = rows.filter((row) => row.kind === 'cart').filter((cart) => !cart.test && !cart.excluded);
  const orderRows = rows.filter((row) => row.kind === 'order').filter((order) => !order.test);
  const refundRows = rows.filter((row) => row.kind === 'refund').filter((refund) => !refund.test);
  const stated = cartRows.map((cart) => ({ cart, state: stateOf(cart, period.asOf) }));
  const carts = stated.filter(({ cart }) => inPeriod(cart));
  const orders = orderRows.filter(inPeriod);
  const known = new Set(orders.map(({ order_id }) => order_id));
  const byOrder = (refund: RefundRow): boolean =>
    refund.flag === 'unknown_order' ? inPeriod(refund) : known.has(refund.order_id);
  const refunds = refundRows.filter(period.refundsOn === 'order' ? byOrder : inPeriod);
  const currencies = [
    ...carts.flatMap(({ cart }) => cart.value.map((line) => line.currency)),
    ...orders.flatMap((order) => [
      order.currency,
      ...order.bridge.filter((b) => b.line === 'joined_carts').map((b) => b.currency),
    ]),
    ...refunds.map((refund) => refund.currency),
  ];
  return {
    funnel: definition.funnels.map((funnel) => foldFunnel(journeys, funnel, definition, period)),
    abandonment: foldAbandonment(carts),
    details: foldDetails(carts),
    revenue: {
      currencies: Object.fromEntries([...new Set(currencies)].map((c) => [c, foldCurrency(c, carts, orders, refunds)])),
    },
    carts: stated
      .map(({ cart, state }) => ({
        cart_key: cart.cart_key,
        opened_at: cart.opened_at,
        state,
        furthest: cart.furthest,
        value: money(cart.value),
        unmatched_removes: cart.unmatched_removes,
        order_id: cart.order_id === '' ? null : cart.order_id,
      }))
      .sort((a, b) => compareUtf8(a.cart_key, b.cart_key)),
    orders: orderRows
      .map((order) => ({
        order_id: order.order_id,
        ordered_at: order.ordered_at,
        cart_key: order.cart_key === '' ? null : order.cart_key,
        without_cart_reason: order.without_cart_reason === '' ? null : order.without_cart_reason,
        order_total: Number(order.total),
        currency: order.currency,
      }))
      .sort((a, b) => compareUtf8(a.order_id, b.order_id)),
  };
};
