/** To which day or month something belongs. */
import { BERLIN, DAY, type KnownWrongAnswer, known, NEW_YORK, units, visit } from './known-wrong-answer.ts';
import { add, buy, refund } from './scenario.ts';

export const PERIODS: readonly KnownWrongAnswer[] = [
  known(
    'a refund after the month’s end is the next month’s, and the sale stays where it was',
    'the old month’s sales shrink each time it is looked at',
    [buy(0, 'o1'), refund(31 * DAY, 'o1', 40)],
    { revenue: { EUR: { orders: { count: 1, gross_sales: 100n, refunds: 0n, net: 100n, net_sales: 100n } } } },
  ),
  known(
    'a refund after the month’s end lowers the month it was paid in',
    'nothing, in a month without orders',
    [buy(0, 'o1'), refund(31 * DAY, 'o1', 40)],
    {
      revenue: {
        EUR: { orders: { count: 0, gross_sales: 0n, refunds: 40n, net: -40n, net_sales: -40n }, difference: 0n },
      },
    },
    { from: '2026-02-01', to: '2026-02-28' },
  ),
  known(
    'a cart opened in January and bought in February is in January’s carts, recovered, and in timing',
    'an abandoned cart of January and a sale of February that no statement brings together',
    [add(20 * DAY), buy(30 * DAY, 'o1')],
    {
      abandonment: { carts: { created: 1, recovered: 1, recovered_late: 1 } },
      revenue: { EUR: { carts: { bought: 100n }, orders: { count: 0 }, timing: -100n, difference: 0n } },
    },
  ),
  known(
    'a cart opened in January and bought in February is in February’s orders and timing',
    'a sale without cart',
    [add(20 * DAY), buy(30 * DAY, 'o1')],
    {
      abandonment: { carts: { created: 0 } },
      orders: [{ cart_key: '~v:e1', without_cart_reason: null }],
      revenue: { EUR: { carts: { bought: 0n }, orders: { count: 1, without_cart: 0 }, timing: 100n, difference: 0n } },
    },
    { from: '2026-02-01', to: '2026-02-28' },
  ),
  known(
    'a store that changes its zone has every day cut anew, those before the change too',
    'old days keep the old midnight, so that an hour counts twice or never',
    // 23:30 of the 5th in Berlin and in New York 17:30 of the 5th; 03:00 of the 6th in Berlin, 21:00 of the 5th there.
    [
      visit(0, { occurred_at: Date.UTC(2026, 0, 5, 22, 30) }),
      visit(0, { occurred_at: Date.UTC(2026, 0, 6, 2), visitor_id: 'w' }),
    ],
    { funnels: units(2, 0, 0, 0, 0) },
    {
      definition: NEW_YORK,
      versions: [
        { from: null, definition: BERLIN },
        { from: '2026-01-20', definition: NEW_YORK },
      ],
      to: '2026-01-05',
    },
  ),
  known(
    'before it changes its zone, the same store has them on two days',
    'one day, that of UTC or of who looks at it',
    [
      visit(0, { occurred_at: Date.UTC(2026, 0, 5, 22, 30) }),
      visit(0, { occurred_at: Date.UTC(2026, 0, 6, 2), visitor_id: 'w' }),
    ],
    { funnels: units(1, 0, 0, 0, 0) },
    { definition: BERLIN, to: '2026-01-05' },
  ),
];
