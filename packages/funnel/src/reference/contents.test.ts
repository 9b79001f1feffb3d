import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { euros, line, START, type Told } from './scenario.ts';

const SECOND = 1 / 60;
const add = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at,
  items: [line('A', 100)],
  ...more,
});
const view = (at: number, items = [line('A', 100)]): Told => ({ type: 'cart_view', at, items });
const remove = (at: number, items = [line('A', 100)]): Told => ({ type: 'remove_from_cart', at, items });

const valueOfCart = (story: Told[]) => tell(story).carts[0]?.value;

describe('the contents of a cart', () => {
  it('an add and the view drawn after it in the same millisecond count once', () => {
    expect(valueOfCart([view(0), add(0)])).toEqual({ EUR: 100n });
    expect(valueOfCart([add(0), view(0)])).toEqual({ EUR: 100n });
  });

  it('an add at most the tie tolerance after a snapshot is already in it', () => {
    expect(valueOfCart([view(0), add(2 * SECOND)])).toEqual({ EUR: 100n });
    expect(valueOfCart([view(0), add(2.001 * SECOND)])).toEqual({ EUR: 200n });
    expect(valueOfCart([view(0, [line('A', 100, 3)]), remove(2 * SECOND)])).toEqual({ EUR: 300n });
  });

  it('a snapshot of nothing is one too', () => {
    expect(tell([add(0), view(1, []), add(1 + 2 * SECOND)]).carts).toMatchObject([{ state: 'emptied' }]);
    expect(tell([add(0), view(1, []), add(1 + 2.001 * SECOND)]).carts).toMatchObject([{ state: 'lost' }]);
  });

  it('an add that says it is the whole cart replaces what stood', () => {
    expect(valueOfCart([add(0, { items: [line('B', 7)] }), add(1, { cart_snapshot: true })])).toEqual({ EUR: 100n });
  });

  it('an empty list empties on a cart view, not on a checkout', () => {
    expect(tell([add(0), view(1, [])]).carts).toMatchObject([{ state: 'emptied', value: { EUR: 100n } }]);
    expect(tell([add(0), { type: 'checkout', at: 1, items: [] }]).carts).toMatchObject([{ state: 'lost' }]);
  });

  it('a line takes the last stated price, even after the cart was emptied', () => {
    expect(valueOfCart([add(0), add(1, { items: [line('A', 120)] })])).toEqual({ EUR: 240n });
    expect(valueOfCart([add(0), remove(1, [line('A', 90)])])).toEqual({ EUR: 90n });
  });

  it('events that share instant, type and id go by visitor', () => {
    const by = (visitor: string, price: number): Told =>
      add(0, { event_id: 'e', visitor_id: visitor, cart_id: 'c', items: [line('A', price)] });
    expect(valueOfCart([by('v', 10), by('w', 20)])).toEqual({ EUR: 40n });
    expect(valueOfCart([by('w', 20), by('v', 10)])).toEqual({ EUR: 40n });
  });

  it('an ignored change states no price', () => {
    expect(valueOfCart([view(0), add(SECOND, { items: [line('A', 999)] })])).toEqual({ EUR: 100n });
    expect(
      valueOfCart([add(0), remove(1, [line('B', 999)]), add(2, { items: [{ product_id: 'B', quantity: 1 }] })]),
    ).toEqual({ EUR: 100n });
  });

  it('a variant is a line of its own, and a second currency a second amount', () => {
    const variant = { ...line('A', 30), variant_id: 'red' };
    expect(valueOfCart([add(0), add(1, { items: [variant], currency: 'USD' })])).toEqual({ EUR: 100n, USD: 30n });
  });

  it('a line never priced has no value', () => {
    expect(valueOfCart([add(0, { items: [{ product_id: 'A', quantity: 1 }] })])).toEqual({});
  });

  it('a cart bought when it held nothing is worth what it held before', () => {
    const story: Told[] = [add(0), view(1, []), { type: 'purchase', at: 2, order_id: 'o1', amounts: { total: 90 } }];
    const reports = tell(story);
    const { carts } = reports;
    expect(carts).toEqual([
      {
        cart_key: '~v:e1',
        opened_at: START,
        state: 'purchased',
        furthest: 'cart',
        value: { EUR: 100n },
        unmatched_removes: 0,
        order_id: 'o1',
      },
    ]);
    expect(euros(reports).bridge.filter((entry) => entry.amount !== 0n)).toEqual([
      { line: 'joined_carts', amount: 100n },
      { line: 'unexplained_items', amount: -10n },
      { line: 'gross_sales', amount: 90n },
      { line: 'order_total', amount: 90n },
      { line: 'net', amount: 90n },
    ]);
  });

  it('quantity does not go below 0', () => {
    const items = (quantity: number) => [line('A', 100, quantity)];
    expect(valueOfCart([add(0), remove(1, items(5)), add(2, { items: items(2) })])).toEqual({ EUR: 200n });
  });

  it('counts each item of a remove that matches nothing, of whatever is not in a snapshot already', () => {
    const unmatched = (story: Told[]) => tell(story).carts.map((cart) => cart.unmatched_removes);
    const red = { ...line('A', 100), variant_id: 'red' };
    const story = [
      add(0),
      // Two of three: B was never there, nor was the red A.
      remove(1, [line('A', 100), line('B', 9), red]),
      // Nothing is left of it.
      remove(2),
      // No item, nothing to match.
      remove(3, []),
      // More than there is still matches.
      add(4),
      remove(5, [line('A', 100, 7)]),
    ];
    expect(unmatched(story)).toEqual([3]);
    expect(unmatched([view(0), remove(2 * SECOND, [line('B', 9)]), remove(2.001 * SECOND, [line('B', 9)])])).toEqual([
      1,
    ]);
    // Of no cart: before the first opens, and between an order and the next opening.
    const bought: Told = { type: 'purchase', at: 2, order_id: 'o1', cart_id: 'c', amounts: { total: 1 } };
    const ofCart = (at: number): Told => ({ ...remove(at, [line('B', 9)]), cart_id: 'c' });
    const reopened = [ofCart(0), add(1, { cart_id: 'c' }), bought, ofCart(3), add(4, { cart_id: 'c' }), ofCart(5)];
    expect(unmatched(reopened)).toEqual([0, 1]);
  });

  it('what is bought never changes it', () => {
    const bought: Told = {
      type: 'purchase',
      at: 1,
      order_id: 'o1',
      items: [line('A', 100), line('Z', 7)],
      amounts: { total: 107 },
    };
    expect(tell([add(0), bought]).carts).toMatchObject([{ state: 'purchased', value: { EUR: 100n } }]);
    const { products } = tell([add(0), bought]).abandonment;
    expect(products.map((product) => [product.product_id, product.carts])).toEqual([
      ['A', 1],
      ['Z', 0],
    ]);
  });

  it('the flag of a snapshot counts on an add alone; an empty add without it is no cart event’s change', () => {
    expect(valueOfCart([add(0), remove(1), { ...view(2, [line('B', 9)]), cart_snapshot: true }])).toEqual({ EUR: 9n });
    const flagged: Told = { ...remove(1, [line('B', 9)]), cart_snapshot: true };
    expect(valueOfCart([add(0), flagged])).toEqual({ EUR: 100n });
    expect(tell([add(0), add(1, { items: [] })]).carts).toMatchObject([{ state: 'lost', value: { EUR: 100n } }]);
  });

  it('several lines of one product and variant add up at the last price', () => {
    expect(valueOfCart([view(0, [line('A', 100, 2), line('A', 90)])])).toEqual({ EUR: 270n });
  });
});
