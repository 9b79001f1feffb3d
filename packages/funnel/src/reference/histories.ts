/** Random histories for property tests. */
import { BUILT_IN_TYPES, CHECKOUT_STEPS, type Delivery, type EventType, type Item, SOURCES } from '@cartledger/events';
import fc from 'fast-check';
import { deliveriesOf, line, type Told } from './scenario.ts';

/** Few of everything, so that histories meet: products, ids, visitors, and gaps around every threshold in minutes. */
const items: fc.Arbitrary<Item[]> = fc.array(
  fc
    .record({
      product: fc.constantFrom('A', 'B', 'C'),
      price: fc.integer({ min: 0, max: 50 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      priced: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ product, price, quantity, priced }) => ({
      ...(priced === 0 ? { product_id: product, quantity } : line(product, price, quantity)),
      ...(priced > 2 && { name: `${product} ${quantity}`, category: priced === 3 ? 'shoes' : 'hats' }),
    })),
  { maxLength: 3 },
);
const gap = fc.constantFrom(0, 0, 1 / 60, 2 / 60, 1, 5, 29, 30, 31, 60, 90, 24 * 60, 8 * 24 * 60);
const type: fc.Arbitrary<EventType> = fc.constantFrom(
  ...BUILT_IN_TYPES,
  'add_to_cart',
  'add_to_cart',
  'purchase',
  'custom:x',
);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const step = fc.record({
  gap,
  type,
  items,
  visitor: fc.constantFrom('v', 'v', 'w'),
  cart: sometimes(fc.constantFrom('c', 'd')),
  session: sometimes(fc.constantFrom('s1', 's2')),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD'),
  source: fc.constantFrom(...SOURCES, 'browser' as const),
  order: fc.constantFrom('o1', 'o2', 'o3', 'o4'),
  checkout: fc.constantFrom(...CHECKOUT_STEPS),
  amount: fc.integer({ min: 1, max: 200 }),
  flag: fc.integer({ min: 0, max: 9 }),
  customer: sometimes(fc.constantFrom('k1', 'k2')),
  from: fc.constantFrom(undefined, 'ads', 'mail', 'search'),
  page: sometimes(fc.constantFrom('/a', '/b')),
  agent: fc.constantFrom(...Array.from({ length: 60 }, () => 'Mozilla/5.0 (X11) Firefox/120.0'), 'Googlebot/2.1'),
});

export const history: fc.Arbitrary<Delivery[]> = fc
  .array(step, { minLength: 6, maxLength: 40, size: 'max' })
  .map((steps) => {
    let at = 0;
    return deliveriesOf(
      steps.map((s): Told => {
        at += s.gap;
        const hasLines = !['visit', 'friction', 'custom:x'].includes(s.type);
        return {
          type: s.type,
          at,
          visitor_id: s.visitor,
          source: s.source,
          currency: s.currency,
          device: { user_agent: s.agent },
          properties: { n: s.flag, tone: s.flag > 5 ? 'loud' : null },
          ...(s.cart !== undefined && { cart_id: s.cart }),
          ...(s.customer !== undefined && { customer_id: s.customer }),
          ...(s.from !== undefined && { campaign: { source: s.from } }),
          ...(s.page !== undefined && { page: { path: s.page } }),
          ...(s.session !== undefined && { session_id: s.session }),
          ...(hasLines && s.flag !== 0 && { items: s.items }),
          ...(s.type === 'add_to_cart' && s.flag > 7 && { cart_snapshot: true }),
          ...(s.type === 'checkout' && { checkout_step: s.checkout }),
          ...(s.type === 'friction' && { friction: { code: `code${s.flag}` } }),
          ...(s.type === 'purchase' && {
            order_id: s.order,
            amounts: { total: s.amount, tax: s.flag, ...(s.flag > 5 && { items: s.amount - 1 }) },
            test: s.flag === 1,
            channel: s.flag === 2 ? 'pos' : 'web',
          }),
          ...(s.type === 'refund' && { order_id: s.order, refund_id: `r${s.flag}`, amounts: { total: s.amount } }),
        };
      }),
    );
  });

/** The same history with visitors, carts, orders and customers of its own, so that nothing hangs together with another. */
export const apart = (deliveries: readonly Delivery[], n: number): Delivery[] =>
  deliveries.map((d) => ({
    ...d,
    visitor_id: `${n}-${d.visitor_id}`,
    ...(d.cart_id !== undefined && { cart_id: `${n}-${d.cart_id}` }),
    ...(d.order_id !== undefined && { order_id: `${n}-${d.order_id}` }),
    ...(d.customer_id !== undefined && { customer_id: `${n}-${d.customer_id}` }),
  }));
