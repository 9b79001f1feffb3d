/** Who counts, and how often. */
import { DAY, type KnownWrongAnswer, known, visit } from './known-wrong-answer.ts';
import { add, buy } from './scenario.ts';

export const VISITORS: readonly KnownWrongAnswer[] = [
  known(
    'a funnel whose first stage repeats goes from the visit that gets furthest, and counts its visitor once',
    'none, as the first visit’s window is over; or one visitor a visit',
    [
      visit(0),
      visit(10 * DAY),
      visit(10 * DAY + 5),
      { type: 'product_view', at: 10 * DAY + 6 },
      add(10 * DAY + 7),
      { type: 'checkout', at: 10 * DAY + 8 },
      buy(10 * DAY + 9, 'o1'),
    ],
    {
      funnels: [
        [
          { units: 1, units_any: 1, median_ms_to_next: 6 * 60_000 },
          { units: 1 },
          { units: 1 },
          { units: 1 },
          { units: 1 },
        ],
      ],
    },
  ),
  known(
    'a visitor who buys twice is one buyer in the funnel and two orders, each with its own cart',
    'two conversions of one visitor, a rate over 100 %; or the second order joined to the first cart',
    [visit(0), add(1), buy(2, 'o1'), visit(60), add(61), buy(62, 'o2')],
    {
      funnels: [[{ units: 1 }, {}, {}, {}, { units_any: 1 }]],
      orders: [
        { order_id: 'o1', cart_key: '~v:e2' },
        { order_id: 'o2', cart_key: '~v:e5' },
      ],
      pipeline: {
        leads: 1,
        orders: 2,
        orders_per_lead: 2,
        new_buyers: 1,
        sales_cycle: { orders: 2, median_ms: 120_000 },
      },
      revenue: { EUR: { orders: { count: 2, without_cart: 0, average_order_value: 100n } } },
    },
  ),
  known(
    'a bot with 10,000 carts is in no report',
    'an abandonment rate of 99.99 % and a million of value lost',
    [
      ...Array.from({ length: 10_000 }, (_, i) => add(i / 100, { visitor_id: 'crawler', cart_id: `crawled-${i}` })),
      visit(0),
      add(1),
      buy(2, 'o1'),
    ],
    {
      abandonment: { carts: { created: 1, purchased: 1, lost: 0 }, abandonment_rate: 0 },
      revenue: { EUR: { carts: { value: 100n, left: 0n } } },
      funnels: [[{ units: 1 }, {}, { units_any: 1 }, {}, { units_any: 1 }]],
      pipeline: { leads: 1 },
    },
  ),
];
