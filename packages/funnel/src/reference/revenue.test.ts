import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { lookAt } from './look.ts';
import { revenueReport } from './revenue.ts';
import { add, buy, DAY, inEuro, linesOf, refund } from './revenue-stories.ts';
import { euros, line, type Told, toldInput } from './scenario.ts';

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

describe('revenue by stage', () => {
  it('a cart with the value 0 counts among the carts of its currency, one without a price does not', () => {
    const free = add(0, { items: [line('A', 0)] });
    const unpriced = add(0, { visitor_id: 'w', items: [{ product_id: 'A', quantity: 1 }] });
    expect(inEuro([free, unpriced]).stages.map((stage) => stage.carts)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it('an ordered cart has reached every stage, and is recovered at none named purchase', () => {
    const story = [add(0), buy(90, { total: 100 }, [line('A', 100)])];
    expect(
      inEuro(story).stages.map(({ stage, carts, reached, recovered }) => [stage, carts, reached, recovered]),
    ).toEqual([
      ['cart', 1, 100n, 100n],
      ['checkout.start', 1, 100n, 0n],
      ['checkout.contact', 1, 100n, 0n],
      ['checkout.shipping', 1, 100n, 0n],
      ['checkout.payment', 1, 100n, 0n],
      ['purchase', 1, 100n, 0n],
    ]);
  });

  it('value is what is left, stands, was emptied and bought', () => {
    const own = (visitor_id: string, value: number, at = 0) => add(at, { visitor_id, items: [line('A', value)] });
    const story: Told[] = [
      own('lost', 1),
      own('active', 2, 9 * DAY),
      own('emptied', 4),
      { type: 'cart_view', at: 1, visitor_id: 'emptied', items: [] },
      own('bought', 8),
      buy(2, { total: 8 }, [line('A', 8)], { visitor_id: 'bought' }),
    ];
    const reports = tell(story, { asOf: Date.UTC(2026, 0, 14, 12, 5) });
    expect(euros(reports).carts).toEqual({ value: 15n, left: 1n, standing: 2n, emptied: 4n, bought: 8n });
  });

  it('lists the currencies of carts, orders and refunds, and of the carts that orders of the period joined', () => {
    const story = [
      add(0),
      buy(DAY, { total: 7 }, [line('A', 7)], { currency: 'USD' }),
      refund(DAY, 5, { currency: 'GBP' }),
      add(DAY, { visitor_id: 'w', currency: 'JPY' }),
    ];
    expect(Object.keys(tell(story, { from: '2026-01-06' }).revenue)).toEqual(['EUR', 'GBP', 'JPY', 'USD']);
  });
});

describe('the lines of the bridge', () => {
  it('are all listed, zeros too, and what reduces is negative', () => {
    const { bridge } = inEuro([buy(0, { total: 95, discount: 5 }, [line('A', 100)]), refund(1, 20)]);
    expect(bridge.map(({ line: name, amount }) => [name, Number(amount)])).toEqual([
      ['joined_carts', 0],
      ['added_at_checkout', 0],
      ['dropped_at_checkout', 0],
      ['price_and_quantity_changes', 0],
      ['unexplained_items', 0],
      ['currency_change', 0],
      ['orders_without_cart.no_add_seen', 100],
      ['orders_without_cart.no_common_product', 0],
      ['orders_without_cart.cart_already_bought', 0],
      ['orders_without_cart.other_channel', 0],
      ['orders_without_cart.cart_excluded', 0],
      ['gross_sales', 100],
      ['discounts', -5],
      ['tax', 0],
      ['shipping', 0],
      ['unexplained', 0],
      ['order_total', 95],
      ['refunds', -20],
      ['net', 75],
    ]);
  });

  it('of a joined order without lines, or with an unpriced one, are what its items are more than the cart', () => {
    const cart = add(0, { items: [line('A', 100), line('B', 30)] });
    expect(linesOf([cart, buy(1, { total: 120 })])).toMatchObject({ joined_carts: 130n, unexplained_items: -10n });
    const lines = [line('A', 100), { product_id: 'B', quantity: 1 }];
    expect(linesOf([cart, buy(1, { total: 140, items: 140 }, lines)])).toMatchObject({ unexplained_items: 10n });
  });

  it('of such an order in another currency move the cart’s value to currency_change there', () => {
    const story = [add(0), buy(1, { total: 110 }, [], { currency: 'USD' })];
    expect(linesOf(story, 'EUR')).toEqual({ joined_carts: 100n, currency_change: -100n });
    expect(linesOf(story, 'USD')).toEqual({ unexplained_items: 110n, gross_sales: 110n, order_total: 110n, net: 110n });
  });

  it('take the cart as it was ordered, whenever it was opened', () => {
    const story = [add(0), buy(40 * 60, { total: 100 }, [line('A', 100)])];
    expect(inEuro(story, { from: '2026-01-07', to: '2026-01-07' })).toMatchObject({
      carts: { value: 0n, bought: 0n },
      timing: 100n,
      difference: 0n,
    });
  });
});

describe('the names of sales', () => {
  it('gross_sales = items, net_sales = items - discounts - refunded items, net = order_total - refunds', () => {
    const story = [
      buy(0, { total: 114, discount: 10, tax: 19, shipping: 5 }, [line('A', 100)]),
      refund(1, 30, { amounts: { total: 30, items: 20 } }),
    ];
    expect(inEuro(story).orders).toEqual({
      count: 1,
      without_cart: 1,
      gross_sales: 100n,
      discounts: 10n,
      tax: 19n,
      shipping: 5n,
      unexplained: 0n,
      order_total: 114n,
      refunds: 30n,
      net: 84n,
      net_sales: 70n,
      average_order_value: 90n,
    });
  });
});

describe('difference', () => {
  const story: Told[] = [add(0, { items: [line('A', 100)] }), buy(1, { total: 100 }, [line('A', 100)]), refund(2, 30)];
  const { period } = lookAt(toldInput(story));
  const differenceOf = (spoiled: Partial<typeof period>) =>
    euros({ revenue: revenueReport({ ...period, ...spoiled }) }).difference;

  it('is what a refund that is counted twice puts on the bridge', () => {
    expect(differenceOf({})).toBe(0n);
    expect(period.refunds).toHaveLength(1);
    expect(differenceOf({ refunds: [...period.refunds, ...period.refunds] })).toBe(-30n);
  });

  it('is what an order’s total says beside its parts', () => {
    const spoiled = period.orders.map((passed) => {
      const { order } = passed;
      return { ...passed, order: { ...order, amounts: { ...order.amounts, total: order.amounts.total + 1n } } };
    });
    expect(differenceOf({ orders: spoiled })).toBe(-1n);
  });
});
