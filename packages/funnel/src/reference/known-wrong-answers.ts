/**
 * Small histories that tools in the field get wrong, each with the right answer. The tests run them through both
 * engines; whatever else makes reports of events can be held to them too.
 */
import type { Delivery } from '@cartledger/events';
import { DAY_MS, DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from '../definition.ts';
import { add, buy, deliveriesOf, line, refund, START, type Told } from './scenario.ts';

export type KnownWrongAnswer = {
  name: string;
  /** What is answered elsewhere. */
  wrong: string;
  deliveries: Delivery[];
  /** Events as a storefront sends them that never become deliveries, with the code they are rejected by. */
  rejected: { event: Record<string, unknown>; code: string }[];
  /** The newest version, and all of them where there are several. */
  definition: Definition;
  versions?: readonly DefinitionVersion[];
  asOf: number;
  from: string;
  to: string;
  /** The part of the reports that others get wrong, as `reference` answers it. */
  right: Record<string, unknown>;
};

/** Noon UTC of Monday 5 January 2026 is minute 0. */
const DAY = 24 * 60;

/** The default funnel of visitors alone. */
const DEFINITION: Definition = {
  ...DEFAULT_DEFINITION,
  funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS }],
};

const known = (
  name: string,
  wrong: string,
  story: readonly Told[],
  right: Record<string, unknown>,
  more: Partial<Omit<KnownWrongAnswer, 'definition'>> & { definition?: Partial<Definition> } = {},
): KnownWrongAnswer => ({
  name,
  wrong,
  deliveries: deliveriesOf(story),
  rejected: [],
  asOf: START + 60 * DAY_MS,
  from: '2026-01-05',
  to: '2026-01-31',
  right,
  ...more,
  definition: { ...DEFINITION, ...more.definition },
});

const visit = (at: number, more: Partial<Told> = {}): Told => ({ type: 'visit', at, ...more });
const view = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'cart_view',
  at,
  items: [line('A', 100)],
  ...more,
});
/** Units at each stage of the default funnel. */
const units = (...counts: number[]) => [counts.map((n) => ({ units: n }))];

const BERLIN: Definition = { ...DEFINITION, time_zone: 'Europe/Berlin' };
const NEW_YORK: Definition = { ...BERLIN, version: 2, time_zone: 'America/New_York' };

export const KNOWN_WRONG_ANSWERS: readonly KnownWrongAnswer[] = [
  known(
    'an emptied cart is emptied, never abandoned',
    'it is abandoned, with the value 0 or with that of the last add',
    [add(0), { type: 'remove_from_cart', at: 5, items: [line('A', 100)] }],
    {
      abandonment: { carts: { created: 1, emptied: 1, abandoned: 0, lost: 0 }, abandonment_rate: null, points: [] },
      revenue: { EUR: { carts: { value: 100n, left: 0n, emptied: 100n } } },
    },
  ),
  known(
    'a cart bought a day later is recovered, not abandoned',
    'it stays abandoned: that number is written once and never looked at again',
    [add(0), buy(DAY, 'o1')],
    {
      abandonment: {
        carts: { abandoned: 0, lost: 0, recovered: 1, purchased: 0 },
        abandonment_rate: 1,
        recovery_rate: 1,
        not_bought_rate: 0,
      },
      revenue: { EUR: { carts: { left: 0n, bought: 100n } } },
    },
  ),
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
    'an add and the cart view drawn in the same millisecond hold the item once',
    'two of it, when the view is applied first or the add after it',
    [view(0), add(0)],
    { carts: [{ value: { EUR: 100n } }], revenue: { EUR: { carts: { value: 100n } } } },
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
    'buy-now of something else leaves the standing cart standing',
    'the purchase converts whatever cart the visitor has',
    [add(0), buy(5, 'o1', { items: [line('Z', 30)], amounts: { total: 30 } })],
    {
      orders: [{ cart_key: null, without_cart_reason: 'no_common_product' }],
      carts: [{ state: 'lost', order_id: null, value: { EUR: 100n } }],
      revenue: { EUR: { carts: { left: 100n, bought: 0n }, orders: { gross_sales: 30n } } },
    },
  ),
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
  known(
    'a cart id used again after the purchase is another cart',
    'the bought cart comes back to life and is abandoned, or what is added is thought to be bought',
    [add(0, { cart_id: 'c' }), buy(5, 'o1', { cart_id: 'c' }), add(2 * DAY, { cart_id: 'c', items: [line('B', 30)] })],
    {
      carts: [
        { cart_key: 'c', state: 'purchased', value: { EUR: 100n }, order_id: 'o1' },
        { cart_key: 'c#2', state: 'lost', value: { EUR: 30n }, order_id: null },
      ],
      abandonment: { carts: { created: 2, purchased: 1, lost: 1 }, abandonment_rate: 0.5 },
    },
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
