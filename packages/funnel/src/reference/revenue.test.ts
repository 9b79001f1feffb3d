import type { Amounts, Item } from '@cartledger/events';
import { describe, expect, it } from 'vitest';
import { euros, line, type Told, tell } from './scenario.ts';

const DAY = 24 * 60;

const add = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at,
  items: [line('A', 100)],
  ...more,
});
const buy = (at: number, amounts: Amounts, items: Item[] = [], more: Partial<Told> = {}): Told => ({
  type: 'purchase',
  at,
  order_id: 'o1',
  amounts,
  items,
  ...more,
});
const refund = (at: number, total: number, more: Partial<Told> = {}): Told => ({
  type: 'refund',
  at,
  source: 'webhook',
  order_id: 'o1',
  refund_id: 'r1',
  amounts: { total },
  ...more,
});

const inEuro = (story: Told[], period: { from?: string; to?: string } = {}) => euros(tell(story, period));
const linesOf = (story: Told[], currency = 'EUR') =>
  Object.fromEntries(
    (tell(story).revenue[currency]?.bridge ?? [])
      .filter((entry) => entry.amount !== 0n)
      .map((entry) => [entry.line, entry.amount]),
  );

describe('what an order says of its amounts', () => {
  it('tax is added or contained, whichever explains the total better; contained when both do as well', () => {
    const lines = [line('A', 100)];
    expect(inEuro([buy(0, { total: 119, tax: 19 }, lines)]).orders).toMatchObject({
      tax: 19n,
      unexplained: 0n,
      gross_sales: 100n,
    });
    expect(inEuro([buy(0, { total: 100, tax: 16 }, lines)]).orders).toMatchObject({ tax: 0n, unexplained: 0n });
    expect(inEuro([buy(0, { total: 105, tax: 10 }, lines)]).orders).toMatchObject({ tax: 0n, unexplained: 5n });
  });

  it('without lines or items the items are what the rest leaves', () => {
    expect(inEuro([buy(0, { total: 100, discount: 10, tax: 16, shipping: 4 })]).orders).toMatchObject({
      gross_sales: 90n,
      discounts: 10n,
      tax: 16n,
      shipping: 4n,
      unexplained: 0n,
      order_total: 100n,
    });
  });

  it('one unpriced line makes the stated items count', () => {
    const lines = [line('A', 100), { product_id: 'B', quantity: 1 }];
    expect(inEuro([buy(0, { total: 130, items: 130 }, lines)]).orders).toMatchObject({
      gross_sales: 130n,
      unexplained: 0n,
    });
  });

  it('the average order value is half-even to the minor unit', () => {
    const story = [buy(0, { total: 10 }), buy(1, { total: 15 }, [], { order_id: 'o2' })];
    expect(inEuro(story).orders.average_order_value).toBe(12n);
  });
});

describe('the bridge', () => {
  it('compares an order’s lines with its cart’s', () => {
    const cart = [line('A', 100, 2), line('B', 50), line('C', 7)];
    const order = [line('A', 90, 2), line('C', 7), line('D', 30)];
    expect(linesOf([add(0, { items: cart }), buy(1, { total: 217, discount: 5, shipping: 5 }, order)])).toEqual({
      joined_carts: 257n,
      added_at_checkout: 30n,
      dropped_at_checkout: -50n,
      price_and_quantity_changes: -20n,
      gross_sales: 217n,
      discounts: -5n,
      shipping: 5n,
      order_total: 217n,
      net: 217n,
    });
  });

  it('moves what was charged in another currency, each side in its own', () => {
    const story = [add(0), buy(1, { total: 110 }, [line('A', 110)], { currency: 'USD' })];
    expect(linesOf(story, 'EUR')).toEqual({ joined_carts: 100n, currency_change: -100n });
    expect(linesOf(story, 'USD')).toEqual({ currency_change: 110n, gross_sales: 110n, order_total: 110n, net: 110n });
  });

  it('puts orders without cart where their reason is', () => {
    expect(linesOf([buy(0, { total: 40 }, [], { channel: 'pos' })])).toMatchObject({
      'orders_without_cart.other_channel': 40n,
    });
  });

  it('a line whose price was never stated is a change of price when it is bought', () => {
    const story = [add(0, { items: [{ product_id: 'A', quantity: 1 }] }), buy(1, { total: 30 }, [line('A', 30)])];
    expect(linesOf(story)).toMatchObject({ price_and_quantity_changes: 30n, gross_sales: 30n });
  });
});

describe('refunds', () => {
  it('count on their own day, in full, once for each id', () => {
    const story = [
      buy(0, { total: 100 }),
      refund(DAY, 30),
      refund(DAY + 5, 30),
      refund(2 * DAY, 500, { refund_id: 'r2' }),
    ];
    expect(inEuro(story).orders).toMatchObject({ refunds: 530n, net: -430n, net_sales: -430n });
    expect(inEuro(story, { from: '2026-01-06', to: '2026-01-06' }).orders).toMatchObject({
      count: 0,
      refunds: 30n,
      net: -30n,
    });
  });

  it('a browser’s is never summed, nor one of a test order', () => {
    expect(inEuro([buy(0, { total: 100 }), refund(1, 30, { source: 'browser' })]).orders.refunds).toBe(0n);
    expect(tell([buy(0, { total: 100 }, [], { test: true }), refund(1, 30)]).revenue).toEqual({});
  });

  it('take from net sales the items they paid back', () => {
    const story = [buy(0, { total: 100, shipping: 10 }), refund(1, 50, { amounts: { total: 50, items: 45 } })];
    expect(inEuro(story).orders).toMatchObject({ net: 50n, net_sales: 45n });
  });
});

describe('both statements', () => {
  it('differ by timing over a day, and by nothing over all history', () => {
    const story = [add(0), buy(DAY, { total: 100 }, [line('A', 100)])];
    expect(inEuro(story, { from: '2026-01-05', to: '2026-01-05' })).toMatchObject({
      carts: { bought: 100n },
      timing: -100n,
      difference: 0n,
    });
    expect(inEuro(story, { from: '2026-01-06', to: '2026-01-06' })).toMatchObject({
      carts: { bought: 0n },
      timing: 100n,
      difference: 0n,
    });
    expect(inEuro(story)).toMatchObject({ timing: 0n, difference: 0n });
  });

  it('what reached a stage stayed there or reached the next', () => {
    const { stages } = inEuro([
      add(0, { visitor_id: 'a' }),
      add(0, { visitor_id: 'b', items: [line('B', 20)] }),
      { type: 'checkout', at: 1, visitor_id: 'b', checkout_step: 'shipping' },
      add(0, { items: [line('C', 3)] }),
      buy(2, { total: 3 }, [line('C', 3)]),
    ]);
    expect(stages.map(({ stage, carts, reached, left }) => [stage, carts, reached, left])).toEqual([
      ['cart', 3, 123n, 100n],
      ['checkout.start', 2, 23n, 0n],
      ['checkout.contact', 2, 23n, 0n],
      ['checkout.shipping', 2, 23n, 20n],
      ['checkout.payment', 1, 3n, 0n],
      ['purchase', 1, 3n, 0n],
    ]);
  });
});
