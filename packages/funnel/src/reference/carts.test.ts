import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { line, START, type Told } from './scenario.ts';

const DAY = 24 * 60;

const add = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at,
  items: [line('A', 100)],
  ...more,
});
const view = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'cart_view',
  at,
  items: [line('A', 100)],
  ...more,
});
const buy = (at: number, orderId: string, more: Partial<Told> = {}): Told => ({
  type: 'purchase',
  at,
  order_id: orderId,
  items: [line('A', 100)],
  amounts: { total: 100 },
  ...more,
});

const keys = (story: Told[]) => tell(story).carts.map((cart) => cart.cart_key);
const joins = (story: Told[]) =>
  tell(story).orders.map((order) => [order.order_id, order.cart_key ?? order.without_cart_reason]);

describe('residue', () => {
  it('a reload of the thank-you page is neither a second order nor a new cart', () => {
    const story: Told[] = [
      add(0),
      buy(5, 'o1'),
      buy(6, 'o1'),
      view(6),
      { type: 'checkout', at: 7, items: [line('A', 100)] },
    ];
    const { carts, orders } = tell(story);
    expect(carts).toMatchObject([{ cart_key: '~v:e1', state: 'purchased', order_id: 'o1' }]);
    expect(orders).toHaveLength(1);
  });

  it('ends 30 minutes after the order, inclusive', () => {
    expect(keys([add(0), buy(5, 'o1'), view(35)])).toEqual(['~v:e1']);
    expect(keys([add(0), buy(5, 'o1'), view(35.001)])).toEqual(['~v:e1', '~v:e3']);
  });

  it('ends with the next add of the visitor', () => {
    expect(keys([add(0), buy(5, 'o1'), add(6, { items: [line('B', 50)] }), view(7)])).toEqual(['~v:e1', '~v:e3']);
    const { carts } = tell([add(0), buy(5, 'o1'), add(6, { items: [line('B', 50)] }), view(7)]);
    expect(carts[1]).toMatchObject({ value: { EUR: 100n } });
  });

  it('does not end with an add that is only a snapshot of nothing', () => {
    expect(keys([add(0), buy(5, 'o1'), add(6, { items: [], cart_snapshot: true }), view(7)])).toEqual(['~v:e1']);
  });

  it('follows an order that joined nothing', () => {
    expect(keys([buy(5, 'o1'), view(6)])).toEqual([]);
  });

  it('follows an order that another placed, for everyone who carried its cart', () => {
    // w carries c too; v buys it. The page that w then sees was drawn from it.
    expect(
      keys([
        add(0, { cart_id: 'c' }),
        view(1, { cart_id: 'c', visitor_id: 'w' }),
        buy(5, 'o1', { cart_id: 'c' }),
        view(6, { visitor_id: 'w' }),
      ]),
    ).toEqual(['c']);
  });

  it('follows the order that ended a stretch, though the page itself comes 30 days after anything else', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      add(31 * DAY, { cart_id: 'c', visitor_id: 'w' }),
      buy(31 * DAY + 1, 'o1', { cart_id: 'c', visitor_id: 'w' }),
      view(31 * DAY + 2),
    ];
    expect(keys(story)).toEqual(['c']);
  });

  it('follows the order that closed the cart of its id, for a visitor never seen before', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      buy(5, 'o1', { cart_id: 'c' }),
      view(6, { cart_id: 'c', visitor_id: 'w' }),
    ];
    expect(keys(story)).toEqual(['c']);
    expect(keys([...story.slice(0, 2), view(36, { cart_id: 'c', visitor_id: 'w' })])).toEqual(['c', 'c#2']);
  });

  it('makes no id known', () => {
    // Had the view made n known, o2 would go by n, which no cart was ever opened under: no_add_seen.
    const story = [add(0), buy(5, 'o1'), view(6, { cart_id: 'n' }), buy(50, 'o2', { cart_id: 'n' })];
    expect(joins(story)[1]).toEqual(['o2', 'cart_already_bought']);
  });

  it('is never an event whose known id has an open cart', () => {
    // A gift is bought at once while cart c stands: looking at c afterwards is activity of c.
    const story = [
      add(0, { cart_id: 'c' }),
      buy(5, 'o1', { items: [line('Z', 7)] }),
      view(6, { cart_id: 'c', items: [line('B', 9)] }),
    ];
    expect(tell(story).carts).toMatchObject([{ cart_key: 'c', value: { EUR: 9n } }]);
  });

  it('is a page without an id, though a cart of its visitor is open: the cart keeps what it held', () => {
    const items = [line('A', 100), line('B', 9)];
    const bought = buy(5, 'o1', { items: [line('Z', 7)], amounts: { total: 7 } });
    expect(joins([add(0), bought])).toEqual([['o1', 'no_common_product']]);
    expect(tell([add(0), bought, view(6, { items })]).carts).toMatchObject([{ value: { EUR: 100n } }]);
    expect(tell([add(0), bought, view(35, { items })]).carts).toMatchObject([{ value: { EUR: 100n } }]);
    expect(tell([add(0), bought, view(35.001, { items })]).carts).toMatchObject([{ value: { EUR: 109n } }]);
  });
});

describe('joining', () => {
  it('a buy-now of something else leaves the standing cart alone', () => {
    const story = [add(0), buy(5, 'o1', { items: [line('Z', 7)], amounts: { total: 7 } })];
    expect(joins(story)).toEqual([['o1', 'no_common_product']]);
    expect(tell(story).carts).toMatchObject([{ state: 'lost', order_id: null }]);
  });

  it('a buy-now through a cart id of its own leaves the standing cart to be gone on with', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      add(5, { cart_id: 'now', items: [line('Z', 7)] }),
      buy(6, 'o1', { cart_id: 'now', items: [line('Z', 7)] }),
      add(60, { items: [line('B', 50)] }),
      buy(61, 'o2', { items: [line('B', 50)] }),
    ];
    expect(joins(story)).toEqual([
      ['o1', 'now'],
      ['o2', 'c'],
    ]);
    expect(tell(story).carts).toMatchObject([
      { cart_key: 'c', value: { EUR: 150n } },
      { cart_key: 'now', value: { EUR: 7n } },
    ]);
  });

  it('of the ids carried before a join, the last whose cart is open lives on', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      add(1, { cart_id: 'd' }),
      add(2, { cart_id: 'now', items: [line('Z', 7)] }),
      buy(3, 'o1', { cart_id: 'now', items: [line('Z', 7)] }),
      buy(4, 'o2'),
      buy(5, 'o3'),
    ];
    expect(joins(story)).toEqual([
      ['o1', 'now'],
      ['o2', 'd'],
      ['o3', 'cart_already_bought'],
    ]);
  });

  it('a product that was only looked at is not in common', () => {
    const look: Told = { type: 'product_view', at: 1, items: [line('Z', 7)] };
    expect(joins([add(0), look, buy(2, 'o1', { items: [line('Z', 7)] })])).toEqual([['o1', 'no_common_product']]);
    const seen: Told = { type: 'checkout', at: 1, items: [line('Z', 7)] };
    expect(joins([add(0), seen, buy(2, 'o1', { items: [line('Z', 7)] })])).toEqual([['o1', '~v:e1']]);
  });

  it('an id that only the checkout knows is as none', () => {
    expect(joins([add(0), { type: 'checkout', at: 1, cart_id: 'k' }, buy(2, 'o1', { cart_id: 'k' })])).toEqual([
      ['o1', '~v:e1'],
    ]);
  });

  it('an order without lines joins whatever its visitor has open', () => {
    expect(joins([add(0), buy(5, 'o1', { items: [] })])).toEqual([['o1', '~v:e1']]);
  });

  it('an order without a cart says why', () => {
    expect(joins([buy(0, 'o1')])).toEqual([['o1', 'no_add_seen']]);
    expect(joins([buy(0, 'o1', { channel: 'pos' })])).toEqual([['o1', 'other_channel']]);
    expect(joins([add(0), buy(1, 'o1'), buy(2, 'o2')])[1]).toEqual(['o2', 'cart_already_bought']);
    expect(joins([add(0), buy(1, 'o1'), buy(1 + DAY, 'o2')])[1]).toEqual(['o2', 'cart_already_bought']);
    expect(joins([add(0), buy(1, 'o1'), buy(1.001 + DAY, 'o2')])[1]).toEqual(['o2', 'no_add_seen']);
    const known = [add(0, { cart_id: 'c' }), buy(1, 'o1', { cart_id: 'c' }), buy(9 * DAY, 'o2', { cart_id: 'c' })];
    expect(joins(known)[1]).toEqual(['o2', 'cart_already_bought']);
    expect(
      joins([{ type: 'remove_from_cart', at: 0, cart_id: 'c', items: [line('A', 1)] }, buy(1, 'o1', { cart_id: 'c' })]),
    ).toEqual([['o1', 'no_add_seen']]);
  });

  it('orders of any channel may join', () => {
    expect(joins([add(0), buy(5, 'o1', { channel: 'pos' })])).toEqual([['o1', '~v:e1']]);
  });

  it('an add up to the tie tolerance after the order is before it', () => {
    expect(joins([buy(0, 'o1'), add(2 / 60)])).toEqual([['o1', '~v:e2']]);
    expect(joins([buy(0, 'o1'), add(2.001 / 60)])).toEqual([['o1', 'no_add_seen']]);
  });

  it('a webhook that comes first, under another visitor, is the same order: its amounts, the browser’s place', () => {
    const { orders, carts, funnels } = tell([
      add(0),
      buy(4, 'o1', { visitor_id: 'shop', source: 'webhook', amounts: { total: 119, tax: 19 } }),
      buy(5, 'o1', { amounts: { total: 1 } }),
    ]);
    expect(orders).toEqual([
      {
        order_id: 'o1',
        ordered_at: START + 5 * 60_000,
        cart_key: '~v:e1',
        without_cart_reason: null,
        order_total: 119n,
        currency: 'EUR',
      },
    ]);
    expect(carts).toHaveLength(1);
    expect(funnels[0]?.map((stage) => stage.units_any)).toEqual([0, 0, 1, 0, 1]);
  });

  it('an order known from a webhook alone joins by its cart id and is its cart’s last visitor’s', () => {
    const { orders, funnels } = tell(
      [add(0, { cart_id: 'c' }), buy(4, 'o1', { visitor_id: 'shop', source: 'webhook', cart_id: 'c' })],
      { definition: { stages: ['add_to_cart', 'purchase'] } },
    );
    expect(orders).toMatchObject([{ cart_key: 'c' }]);
    expect(funnels[0]?.map((stage) => stage.units)).toEqual([1, 1]);
  });

  it('an order id is one order for ever, however late it comes again', () => {
    const story = [add(0), buy(1, 'o1'), add(40 * DAY), buy(41 * DAY, 'o1', { amounts: { total: 999 } })];
    const { orders, carts } = tell(story);
    expect(orders).toMatchObject([{ order_id: 'o1', ordered_at: START + 60_000, order_total: 100n }]);
    expect(carts.map((cart) => cart.order_id)).toEqual(['o1', null]);
  });

  it('a test order joins and takes its cart out of every report', () => {
    const { carts, orders, revenue, abandonment } = tell([add(0), buy(1, 'o1', { test: true }), view(2)]);
    expect({ carts, orders, revenue }).toEqual({ carts: [], orders: [], revenue: {} });
    expect(abandonment.carts.created).toBe(0);
  });
});

describe('whose cart an event belongs to', () => {
  it('events without an id follow the id last carried', () => {
    const { carts } = tell([add(0, { cart_id: 'c' }), add(1, { items: [line('B', 5)] })]);
    expect(carts).toMatchObject([{ cart_key: 'c', value: { EUR: 105n } }]);
  });

  it('the own cart becomes part of the id first carried, and opens it', () => {
    const { carts } = tell([add(0, { items: [line('B', 5)] }), add(3, { cart_id: 'c' })]);
    expect(carts).toEqual([
      {
        cart_key: 'c',
        opened_at: START,
        state: 'lost',
        furthest: 'cart',
        unmatched_removes: 0,
        value: { EUR: 105n },
        order_id: null,
      },
    ]);
  });

  it('one id carried on two devices is one cart', () => {
    const { carts } = tell([
      add(0, { cart_id: 'c' }),
      add(1, { cart_id: 'c', visitor_id: 'w', items: [line('B', 5)] }),
    ]);
    expect(carts).toMatchObject([{ cart_key: 'c', value: { EUR: 105n } }]);
  });

  it('an id’s next cart opens after an order closed the last', () => {
    expect(keys([add(0, { cart_id: 'c' }), buy(1, 'o1', { cart_id: 'c' }), add(2, { cart_id: 'c' })])).toEqual([
      'c',
      'c#2',
    ]);
  });

  it('a stretch is cut at 30 days: the old cart stays, a new one opens', () => {
    expect(keys([add(0), add(30 * DAY - 0.001)])).toEqual(['~v:e1']);
    expect(keys([add(0), add(30 * DAY)])).toEqual(['~v:e1', '~v:e2']);
    expect(joins([add(0), buy(30 * DAY, 'o1')])).toEqual([['o1', 'no_add_seen']]);
    expect(joins([add(0), { type: 'visit', at: 29 * DAY }, buy(30 * DAY, 'o1')])).toEqual([['o1', 'no_add_seen']]);
  });

  it('an order with a known id cuts no stretch', () => {
    const story: Told[] = [
      add(0),
      add(31 * DAY, { visitor_id: 'w', cart_id: 'c' }),
      buy(31 * DAY + 1, 'o1', { source: 'webhook', cart_id: 'c' }),
      { type: 'friction', at: 31 * DAY + 2, friction: { code: 'form_error' } },
    ];
    expect(joins(story)).toEqual([['o1', 'c']]);
    expect(tell(story).abandonment.reasons).toMatchObject([{ code: 'form_error', carts: 1 }]);
  });
});
