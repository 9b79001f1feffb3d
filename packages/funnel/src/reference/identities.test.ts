import type { Delivery } from '@cartledger/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DEFINITION, type Definition, FUNNEL_MODES, FUNNEL_UNITS, HOUR_MS } from '../definition.ts';
import type { CurrencyRevenue, MoneyByCurrency } from '../reports/index.ts';
import { createDayOf } from './days.ts';
import { history } from './histories.ts';
import { type ReferenceReports, reference } from './reports.ts';

const RUNS = { numRuns: 1_000, seed: 20260105 };
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

const always = (holds: (deliveries: Delivery[]) => void): void => fc.assert(fc.property(history, holds), RUNS);

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((a, b) => a + b, 0n);
const sumIn = (currency: string, values: readonly MoneyByCurrency[]): bigint =>
  sum(values.map((value) => new Map(Object.entries(value)).get(currency) ?? 0n));
const eachCurrency = (reports: ReferenceReports, holds: (revenue: CurrencyRevenue, currency: string) => void): void => {
  for (const [currency, revenue] of Object.entries(reports.revenue)) holds(revenue, currency);
};

describe('in any history', { timeout: 180_000 }, () => {
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
      const refunded = ({ revenue }: Pick<ReferenceReports, 'revenue'>) =>
        sum(Object.values(revenue).map(({ orders }) => orders.refunds));
      expect(sum(days.map((day) => refunded(day.byOrderDay)))).toBe(refunded(whole.byOrderDay));
      expect(refunded(whole.byOrderDay)).toBe(refunded(whole));
      const byOrderDay = days.flatMap((day) => Object.values(day.byOrderDay.revenue));
      expect(byOrderDay.every(({ difference }) => difference === 0n)).toBe(true);
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
