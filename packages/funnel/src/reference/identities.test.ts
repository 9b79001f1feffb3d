import { BUILT_IN_TYPES, CHECKOUT_STEPS, type Delivery, type EventType, type Item, SOURCES } from '@cartledger/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DEFINITION, type Definition, FUNNEL_MODES, FUNNEL_UNITS, HOUR_MS } from '../definition.ts';
import type { CurrencyRevenue, MoneyByCurrency } from '../report.ts';
import { createDayOf } from './days.ts';
import { type ReferenceReports, reference } from './reports.ts';
import { deliveriesOf, line, type Told } from './scenario.ts';

const RUNS = { numRuns: 300, seed: 20260105 };
const WINDOW_MS = 2 * HOUR_MS;
const DEFINITION: Definition = {
  ...DEFAULT_DEFINITION,
  time_zone: 'Europe/Berlin',
  stages: ['visit', 'add_to_cart', 'checkout', 'purchase'],
  funnels: FUNNEL_UNITS.flatMap((unit) => FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: WINDOW_MS }))),
};
const AS_OF = Date.UTC(2026, 0, 17);
const dayOf = createDayOf(DEFINITION.time_zone);

const report = (deliveries: readonly Delivery[], from = '2025-01-01', to = '2027-12-31'): ReferenceReports =>
  reference({ deliveries, definition: DEFINITION, asOf: AS_OF, from, to });

/** Few of everything, so that histories meet: products, ids, visitors, and gaps around every threshold in minutes. */
const items: fc.Arbitrary<Item[]> = fc.array(
  fc
    .record({
      product: fc.constantFrom('A', 'B', 'C'),
      price: fc.integer({ min: 0, max: 50 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      priced: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ product, price, quantity, priced }) =>
      priced === 0 ? { product_id: product, quantity } : line(product, price, quantity),
    ),
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
});

const history: fc.Arbitrary<Delivery[]> = fc.array(step, { minLength: 6, maxLength: 40, size: 'max' }).map((steps) => {
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
        ...(s.cart !== undefined && { cart_id: s.cart }),
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

const always = (holds: (deliveries: Delivery[]) => void): void => fc.assert(fc.property(history, holds), RUNS);

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n);
const sumIn = (currency: string, values: readonly MoneyByCurrency[]): bigint =>
  sum(values.map((value) => new Map(Object.entries(value)).get(currency) ?? 0n));
const eachCurrency = (reports: ReferenceReports, holds: (revenue: CurrencyRevenue, currency: string) => void): void => {
  for (const [currency, revenue] of Object.entries(reports.revenue)) holds(revenue, currency);
};

describe('in any history', () => {
  it('the seven states add up to created', () => {
    always((deliveries) => {
      const { abandonment, carts } = report(deliveries);
      const n = abandonment.carts;
      expect(n.active + n.idle + n.abandoned + n.lost + n.emptied + n.purchased + n.recovered).toBe(n.created);
      expect(n.created).toBe(carts.length);
      expect(n.recovered_late).toBeLessThanOrEqual(n.recovered);
    });
  });

  it('points and reasons count the carts left, and points, reasons and products their value', () => {
    always((deliveries) => {
      const reports = report(deliveries);
      const { carts, points, reasons, products } = reports.abandonment;
      expect(points.reduce((n, point) => n + point.carts, 0)).toBe(carts.abandoned + carts.lost);
      expect(reasons.reduce((n, reason) => n + reason.carts, 0)).toBe(carts.abandoned + carts.lost);
      eachCurrency(reports, (revenue, currency) => {
        const { left } = revenue.carts;
        expect(
          sumIn(
            currency,
            points.map((point) => point.value),
          ),
        ).toBe(left);
        expect(
          sumIn(
            currency,
            reasons.map((reason) => reason.value),
          ),
        ).toBe(left);
        expect(
          sumIn(
            currency,
            products.map((product) => product.value_left),
          ),
        ).toBe(left);
      });
    });
  });

  it('what reached a stage was left, stands or was emptied there, or reached the next', () => {
    always((deliveries) => {
      eachCurrency(report(deliveries), ({ stages, carts }) => {
        stages.forEach((stage, k) => {
          const next = stages[k + 1]?.reached ?? carts.bought;
          const stayed = stage.stage === 'purchase' ? 0n : stage.left + stage.standing + stage.emptied;
          expect(stage.reached).toBe(stayed + next);
        });
        expect(stages[0]?.reached).toBe(carts.value);
        expect(carts.value).toBe(carts.left + carts.standing + carts.emptied + carts.bought);
        expect(sum(stages.map((stage) => stage.left))).toBe(carts.left);
        expect(sum(stages.map((stage) => stage.standing))).toBe(carts.standing);
        expect(sum(stages.map((stage) => stage.emptied))).toBe(carts.emptied);
      });
    });
  });

  it('the bridge adds up to the orders, difference is 0, and over all history so is timing', () => {
    always((deliveries) => {
      eachCurrency(report(deliveries), ({ bridge, orders, timing, difference }) => {
        const at = (name: string): bigint => bridge.find((entry) => entry.line === name)?.amount ?? 0n;
        expect([at('gross_sales'), at('order_total'), at('net')]).toEqual([
          orders.gross_sales,
          orders.order_total,
          orders.net,
        ]);
        expect([at('discounts'), at('refunds')]).toEqual([-orders.discounts, -orders.refunds]);
        expect([timing, difference]).toEqual([0n, 0n]);
      });
    });
  });

  it('difference is 0 on every single day, and carts and orders of the days add up', () => {
    always((deliveries) => {
      const whole = report(deliveries);
      const days = [...new Set(deliveries.map((d) => dayOf(d.occurred_at)))].map((day) => report(deliveries, day, day));
      const inDays = days.flatMap((day) => Object.values(day.revenue));
      expect(inDays.every((revenue) => revenue.difference === 0n)).toBe(true);
      expect(sum(inDays.map((revenue) => revenue.timing))).toBe(0n);
      expect(inDays.reduce((n, revenue) => n + revenue.orders.count, 0)).toBe(whole.orders.length);
      expect(days.reduce((n, day) => n + day.abandonment.carts.created, 0)).toBe(whole.carts.length);
    });
  });

  it('fewer units reach each next stage of a chain, and none without an event of the stage', () => {
    always((deliveries) => {
      report(deliveries).funnels.forEach((stages, i) => {
        const isOpen = DEFINITION.funnels[i]?.mode === 'open';
        stages.forEach((stage, k) => {
          expect(stage.units).toBeLessThanOrEqual(stage.units_any);
          if (!isOpen)
            expect(stages[k + 1]?.units ?? 0).toBe(k === stages.length - 1 ? 0 : stage.units - stage.dropped);
          expect(stage.dropped).toBeGreaterThanOrEqual(0);
        });
      });
    });
  });

  it('each order but tests stands once, joined to one cart or with one reason', () => {
    always((deliveries) => {
      const { carts, orders, revenue } = report(deliveries);
      expect(new Set(orders.map((order) => order.order_id)).size).toBe(orders.length);
      expect(orders.every((order) => (order.cart_key === null) !== (order.without_cart_reason === null))).toBe(true);
      const joined = orders.filter((order) => order.cart_key !== null);
      const closed = carts.filter((cart) => cart.order_id !== null);
      expect(joined).toHaveLength(closed.length);
      expect(new Map(joined.map((order) => [order.cart_key, order.order_id]))).toEqual(
        new Map(closed.map((cart) => [cart.cart_key, cart.order_id])),
      );
      expect(Object.values(revenue).reduce((n, { orders: counted }) => n + counted.count, 0)).toBe(orders.length);
    });
  });

  it('the order of arrival, and deliveries repeated later with whatever else in them, change nothing', () => {
    const shuffled = history.chain((deliveries) => {
      const repeated = deliveries.map(
        (d): Delivery => ({ ...d, received_at: d.received_at + HOUR_MS, payload_hash: 9n }),
      );
      const changed = repeated.map((d): Delivery => ({ ...d, type: 'visit', received_at: d.received_at + 1 }));
      const all = [...deliveries, ...deliveries, ...repeated, ...changed];
      return fc.tuple(
        fc.constant(deliveries),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      );
    });
    fc.assert(
      fc.property(shuffled, ([deliveries, arrivals]) => {
        expect(report(arrivals)).toEqual(report(deliveries));
      }),
      RUNS,
    );
  });
});
