/** What is an order, and what it is worth. */
import { DAY, type KnownWrongAnswer, known, units, view, visit } from './known-wrong-answer.ts';
import { add, buy, START } from './scenario.ts';

export const ORDERS: readonly KnownWrongAnswer[] = [
  known(
    'a thank-you page reloaded, also a month later, is one order and no new cart',
    'each reload is an order more, and what the page shows opens a cart that is then abandoned',
    [visit(0), add(1), buy(5, 'o1'), view(5.1), buy(6, 'o1'), buy(31 * DAY, 'o1')],
    {
      orders: [{ order_id: 'o1', ordered_at: START + 5 * 60_000 }],
      abandonment: { carts: { created: 1, purchased: 1, lost: 0 } },
      revenue: { EUR: { orders: { count: 1, gross_sales: 100n } } },
    },
    { to: '2026-02-28' },
  ),
  known(
    'an order told by browser and webhook, the webhook first and under another visitor, is one: its amounts, his place',
    'two orders and two buyers, or one that no visitor of the shop made',
    [
      visit(0),
      { type: 'product_view', at: 0 },
      add(1),
      { type: 'checkout', at: 2 },
      buy(3, 'o1', { visitor_id: 'shop', source: 'webhook', amounts: { total: 119, tax: 19 } }),
      buy(4, 'o1'),
    ],
    {
      funnels: units(1, 1, 1, 1, 1),
      orders: [{ order_id: 'o1', ordered_at: START + 4 * 60_000, cart_key: '~v:e3', order_total: 119n }],
      pipeline: { leads: 1, orders: 1 },
      abandonment: { carts: { created: 1, purchased: 1 } },
    },
  ),
  known(
    'a purchase whose add never arrived is an order without cart, counted in full',
    'it is left out, as no cart was converted; or a cart is made up for it',
    [visit(0), buy(5, 'o1')],
    {
      orders: [{ cart_key: null, without_cart_reason: 'no_add_seen' }],
      abandonment: { carts: { created: 0 } },
      revenue: { EUR: { orders: { count: 1, without_cart: 1, gross_sales: 100n }, difference: 0n } },
    },
  ),
  known(
    'tax inside the prices is not added to them',
    'it is added once more, or left as an amount nobody can explain',
    [buy(0, 'o1', { amounts: { total: 100, tax: 16 } })],
    { revenue: { EUR: { orders: { gross_sales: 100n, tax: 0n, unexplained: 0n, order_total: 100n } } } },
  ),
  known(
    'tax on top of the prices is added',
    'it is unexplained, or sales are too high by it',
    [buy(0, 'o1', { amounts: { total: 119, tax: 19 } })],
    { revenue: { EUR: { orders: { gross_sales: 100n, tax: 19n, unexplained: 0n, order_total: 119n } } } },
  ),
  known(
    '`order_id: "undefined"` is rejected as a bad id',
    'every buyer whose page had a bug becomes one huge order, and all but one of the sales are lost',
    [visit(0), add(1), buy(2, 'o1')],
    {
      orders: [{ order_id: 'o1', cart_key: '~v:e2' }],
      revenue: { EUR: { orders: { count: 1, gross_sales: 100n } } },
    },
    {
      rejected: ['undefined', 'null', 'NaN', '[object Object]', ' '].map((order_id, i) => ({
        event: {
          event_id: `bad-${i}`,
          store_id: 's',
          type: 'purchase',
          occurred_at: START + 3 * 60_000,
          visitor_id: `w${i}`,
          order_id,
          currency: 'EUR',
          amounts: { total: 100 },
        },
        code: 'bad_id',
      })),
    },
  ),
];
