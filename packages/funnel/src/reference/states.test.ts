import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { euros, line, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const at = (minutes: number): number => START + minutes * MINUTE_MS;

const add = (minute: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at: minute,
  items: [line('A', 100)],
  ...more,
});
const remove = (minute: number, more: Partial<Told> = {}): Told => ({
  type: 'remove_from_cart',
  at: minute,
  items: [line('A', 100)],
  ...more,
});
const buy = (minute: number): Told => ({
  type: 'purchase',
  at: minute,
  order_id: 'o1',
  items: [line('A', 100)],
  amounts: { total: 100 },
});

const stateAt = (minute: number, story: Told[]) => tell(story, { asOf: at(minute) }).carts[0]?.state;

describe('the state of a cart at T', () => {
  it('goes active, idle, abandoned, lost as time passes', () => {
    const story = [add(0)];
    expect(stateAt(29.999, story)).toBe('active');
    expect(stateAt(30, story)).toBe('idle');
    expect(stateAt(59.999, story)).toBe('idle');
    expect(stateAt(60, story)).toBe('abandoned');
    expect(stateAt(60 + 7 * DAY - 0.001, story)).toBe('abandoned');
    expect(stateAt(60 + 7 * DAY, story)).toBe('lost');
  });

  it('an emptied cart is never counted as abandoned, and keeps the value it lost', () => {
    const reports = tell([add(0, { items: [line('A', 100, 2)] }), remove(10, { items: [line('A', 100, 5)] })]);
    const { carts, abandonment } = reports;
    expect(carts).toMatchObject([{ state: 'emptied', value: { EUR: 200n } }]);
    expect(abandonment).toMatchObject({
      carts: { created: 1, emptied: 1, abandoned: 0, lost: 0 },
      abandonment_rate: null,
      points: [],
    });
    expect(euros(reports).carts).toEqual({ value: 200n, left: 0n, standing: 0n, emptied: 200n, bought: 0n });
  });

  it('a cart bought a day later is recovered, no longer abandoned', () => {
    const { carts, abandonment } = tell([add(0), buy(DAY)]);
    expect(carts).toMatchObject([{ state: 'recovered', order_id: 'o1' }]);
    expect(abandonment).toMatchObject({
      carts: { recovered: 1, recovered_late: 0 },
      abandonment_rate: 1,
      recovery_rate: 1,
      not_bought_rate: 0,
    });
  });

  it('is recovered late from a whole recovery window after it was abandoned', () => {
    expect(tell([add(0), buy(60 + 7 * DAY - 0.001)]).abandonment.carts).toMatchObject({
      recovered: 1,
      recovered_late: 0,
    });
    expect(tell([add(0), buy(60 + 7 * DAY)]).abandonment.carts).toMatchObject({ recovered: 1, recovered_late: 1 });
  });

  it('bought at the very instant it would be abandoned is recovered; a moment earlier is purchased', () => {
    expect(tell([add(0), buy(60)]).carts).toMatchObject([{ state: 'recovered' }]);
    expect(tell([add(0), buy(59.999)]).carts).toMatchObject([{ state: 'purchased' }]);
  });

  it('only cart events revive', () => {
    const visited = tell([add(0), { type: 'visit', at: 61 }], { asOf: at(62) });
    expect(visited.carts).toMatchObject([{ state: 'abandoned' }]);
    expect(visited.abandonment.carts.revived).toBe(0);
    const viewed = tell([add(0), { type: 'cart_view', at: 60 }], { asOf: at(61) });
    expect(viewed.carts).toMatchObject([{ state: 'active' }]);
    expect(viewed.abandonment.carts.revived).toBe(1);
  });

  it('any event of the cart is activity before it is abandoned', () => {
    expect(stateAt(100, [add(0), { type: 'visit', at: 59 }])).toBe('idle');
  });

  it('the seven states add up to created', () => {
    const { carts } = tell(
      [
        add(0, { visitor_id: 'a' }),
        { ...buy(1), visitor_id: 'a' },
        add(0, { visitor_id: 'b' }),
        { ...buy(120), visitor_id: 'b', order_id: 'o2' },
        add(0, { visitor_id: 'c' }),
        remove(1, { visitor_id: 'c' }),
        add(0, { visitor_id: 'd' }),
        add(8 * DAY - 90, { visitor_id: 'e' }),
        add(8 * DAY - 45, { visitor_id: 'f' }),
        add(8 * DAY - 15, { visitor_id: 'g' }),
      ],
      { asOf: at(8 * DAY) },
    ).abandonment;
    expect(carts).toEqual({
      created: 7,
      active: 1,
      idle: 1,
      abandoned: 1,
      lost: 1,
      emptied: 1,
      purchased: 1,
      recovered: 1,
      recovered_late: 0,
      revived: 0,
    });
  });
});

describe('where and why it was left', () => {
  it('names the last friction after the last progress', () => {
    const reasonsOf = (story: Told[]) => tell(story).abandonment.reasons.map((reason) => reason.code);
    const friction = (minute: number, code: string): Told => ({ type: 'friction', at: minute, friction: { code } });
    const pay = (minute: number): Told => ({ type: 'checkout', at: minute, checkout_step: 'payment' });
    expect(reasonsOf([add(0), friction(1, 'coupon_rejected'), pay(2)])).toEqual(['none']);
    expect(reasonsOf([add(0), pay(2), friction(3, 'payment_declined'), pay(4)])).toEqual(['payment_declined']);
    expect(reasonsOf([add(0), pay(2), friction(3, 'payment_declined'), add(4)])).toEqual(['none']);
    const emptied = add(4, { items: [], cart_snapshot: true });
    const filled: Told = { type: 'cart_view', at: 5, items: [line('A', 100)] };
    expect(reasonsOf([add(0), friction(3, 'form_error'), emptied, filled])).toEqual(['form_error']);
    expect(reasonsOf([add(0), friction(90, 'out_of_stock')])).toEqual(['out_of_stock']);
  });

  it('puts a recovered cart’s value at the point where it was last abandoned', () => {
    const reports = tell([
      add(0),
      { type: 'checkout', at: 70, checkout_step: 'shipping' },
      { type: 'checkout', at: 140, checkout_step: 'payment' },
      buy(150),
    ]);
    expect(euros(reports).stages.map((stage) => [stage.stage, stage.recovered])).toEqual([
      ['cart', 0n],
      ['checkout.start', 0n],
      ['checkout.contact', 0n],
      ['checkout.shipping', 100n],
      ['checkout.payment', 0n],
      ['purchase', 0n],
    ]);
  });

  it('lists products by the value left in them, with the last name seen', () => {
    const named = (name: string, productId: string, price: number) => [{ ...line(productId, price), name }];
    const { products } = tell([
      add(0, { items: named('Old', 'A', 10) }),
      add(1, { items: named('New', 'A', 10) }),
      add(2, { items: [line('B', 500)] }),
    ]).abandonment;
    expect(products).toEqual([
      { product_id: 'B', name: null, carts: 1, left: 1, bought: 0, value_left: { EUR: 500n } },
      { product_id: 'A', name: 'New', carts: 1, left: 1, bought: 0, value_left: { EUR: 20n } },
    ]);
  });

  it('lists a product that was ordered though never in the contents', () => {
    const { products } = tell([add(0), { ...buy(1), items: [line('A', 100), line('Z', 5)] }]).abandonment;
    expect(products).toMatchObject([
      { product_id: 'A', carts: 1, left: 0, bought: 1 },
      { product_id: 'Z', carts: 0, left: 0, bought: 1 },
    ]);
  });
});

describe('counts and rates of carts', () => {
  it('an ignored change is activity all the same', () => {
    expect(stateAt(75, [add(0), remove(50, { items: [line('not there', 1)] })])).toBe('active');
  });

  it('a cart revived twice is revived once, and that is no state', () => {
    const { carts } = tell([add(0), add(100), add(200)], { asOf: at(201) }).abandonment;
    expect(carts).toMatchObject({ created: 1, active: 1, abandoned: 0, revived: 1 });
  });

  it('ever abandoned are abandoned, lost and recovered: the rates of four carts, and of those that went to checkout', () => {
    const checkout = (visitor_id: string): Told => ({ type: 'checkout', at: 1, visitor_id });
    const story: Told[] = [
      add(0, { visitor_id: 'bought' }),
      checkout('bought'),
      { ...buy(2), visitor_id: 'bought' },
      add(0, { visitor_id: 'came back' }),
      checkout('came back'),
      { ...buy(500), visitor_id: 'came back', order_id: 'o2' },
      add(0, { visitor_id: 'lost' }),
      add(0, { visitor_id: 'emptied' }),
      remove(1, { visitor_id: 'emptied' }),
    ];
    expect(tell(story).abandonment).toMatchObject({
      abandonment_rate: 0.666667,
      recovery_rate: 0.5,
      not_bought_rate: 0.5,
      checkout: { abandonment_rate: 0.5, recovery_rate: 1, not_bought_rate: 0 },
    });
    expect(tell([]).abandonment).toMatchObject({
      abandonment_rate: null,
      recovery_rate: null,
      not_bought_rate: null,
      checkout: { abandonment_rate: null, recovery_rate: null, not_bought_rate: null },
    });
  });

  it('the point is the furthest that the cart’s own events reached, whatever came after', () => {
    const step = (minute: number, checkout_step: 'start' | 'contact' | 'payment'): Told => ({
      type: 'checkout',
      at: minute,
      checkout_step,
    });
    const { points } = tell([add(0), step(1, 'payment'), step(2, 'start'), add(3)]).abandonment;
    expect(points).toEqual([{ stage: 'checkout.payment', carts: 1, value: { EUR: 200n } }]);
  });

  it('a cart counts once for each of its products, and the value left is shared out', () => {
    const variant = { ...line('A', 30), variant_id: 'red' };
    const { products } = tell([add(0), add(1, { items: [variant, line('B', 5, 2)] })]).abandonment;
    expect(products).toEqual([
      { product_id: 'A', name: null, carts: 1, left: 1, bought: 0, value_left: { EUR: 130n } },
      { product_id: 'B', name: null, carts: 1, left: 1, bought: 0, value_left: { EUR: 10n } },
    ]);
  });

  it('of an order without lines the counted lines were bought', () => {
    const { products } = tell([
      add(0),
      add(1, { items: [line('B', 5)] }),
      remove(2),
      { ...buy(3), items: [] },
    ]).abandonment;
    expect(products.map((product) => [product.product_id, product.carts, product.bought])).toEqual([
      ['A', 1, 0],
      ['B', 1, 1],
    ]);
  });

  it('a product is named by the cart opened last that held it and names it', () => {
    const named = (minute: number, name: string, more: Partial<Told> = {}): Told =>
      add(minute, { items: [{ ...line('A', 1), name }], ...more });
    const story = [
      named(5, 'Second', { visitor_id: 'w' }),
      named(0, 'First'),
      named(50, 'Later in the first'),
      add(9, { visitor_id: 'x' }),
      // Never held by the cart: it names nothing.
      add(20, { visitor_id: 'y', items: [line('B', 1)] }),
      remove(21, { visitor_id: 'y', items: [{ ...line('A', 1), name: 'Ignored' }] }),
    ];
    expect(tell(story).abandonment.products.find((product) => product.product_id === 'A')?.name).toBe('Second');
  });
});
