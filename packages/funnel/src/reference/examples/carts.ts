/** Examples of docs/definitions.md: carts, and the abandonment report. */
import { MINUTE_MS } from '../../definition.ts';
import { foldContents, worthOf } from '../contents.ts';
import type { KeptEvent } from '../kept.ts';
import { compareEvents, rankOf } from '../ordering.ts';
import { add, buy, deliveriesOf, line, euros as revenueOf, START, type Told, tell } from '../scenario.ts';
import { cartsTable, clock, euros, minutes, percent, say, story, table, worthIn } from './tables.ts';

const DAY = 24 * 60;
const mug = [line('mug', 1000)];
const lamp = [line('lamp', 4000)];

const twoDevices = (): string => {
  const events = [
    add(0, { visitor_id: 'phone', items: mug }),
    add(10, { visitor_id: 'phone', cart_id: 'c', items: lamp }),
    add(300, { visitor_id: 'laptop', cart_id: 'c', items: mug }),
    buy(305, 'A-1', {
      visitor_id: 'laptop',
      cart_id: 'c',
      items: [line('mug', 1000, 2), ...lamp],
      amounts: { total: 6000 },
    }),
    add(2 * DAY, { visitor_id: 'laptop', cart_id: 'c', items: mug }),
  ];
  return say(story(events), cartsTable(events));
};

const thankYouPage = (): string => {
  const view: Told = { type: 'cart_view', at: 6, visitor_id: 'ada', items: mug };
  const events = [
    add(0, { visitor_id: 'ada', items: mug }),
    buy(5, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
    view,
    buy(7, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
  ];
  return say(story(events), cartsTable(events));
};

const withoutCart = (): string => {
  const own = (visitor_id: string, more: Partial<Told> = {}) => ({
    visitor_id,
    items: mug,
    amounts: { total: 1000 },
    ...more,
  });
  const events = [
    buy(0, '1', own('ada')),
    buy(0, '2', own('ben', { channel: 'pos' })),
    add(0, { visitor_id: 'cem', items: mug }),
    buy(1, '3', own('cem', { items: lamp, amounts: { total: 4000 } })),
    add(0, { visitor_id: 'dee', items: mug }),
    buy(1, '4', own('dee')),
    buy(2, '5', own('dee')),
    buy(25 * 60, '6', own('dee')),
  ];
  const why: Record<string, string> = {
    '1': 'nothing was ever added',
    '2': 'sold at the till (`channel: pos`)',
    '3': 'a lamp bought at once, while a cart with a mug stands',
    '4': 'the cart was bought',
    '5': 'the same cart once more, under another order id',
    '6': 'once more a day later: nothing was added since',
  };
  return table(
    ['order', 'what happened', 'cart', 'reason'],
    tell(events).orders.map((order) => [
      order.order_id,
      why[order.order_id] ?? '',
      order.cart_key ?? 'none',
      order.without_cart_reason ?? '',
    ]),
  );
};

const contents = (): string => {
  const events: Told[] = [
    add(0, { visitor_id: 'ada', items: [line('mug', 1000, 2)] }),
    add(1, { visitor_id: 'ada', items: lamp }),
    { type: 'remove_from_cart', at: 2, visitor_id: 'ada', items: [line('mug', 900)] },
    { type: 'remove_from_cart', at: 2.5, visitor_id: 'ada', items: [line('tea', 500)] },
    { type: 'cart_view', at: 3, visitor_id: 'ada', items: [line('lamp', 4000, 2)] },
    add(3 + 1 / 60, { visitor_id: 'ada', items: lamp }),
    { type: 'cart_view', at: 5, visitor_id: 'ada', items: [] },
  ];
  const kept: KeptEvent[] = deliveriesOf(events)
    .map((d) => ({ ...d, time: d.occurred_at, rank: rankOf(d) }))
    .sort(compareEvents);
  const { after, counted, prices, unmatchedRemoves } = foldContents(kept, 2_000);
  const holds = (lines: (typeof after)[number]): string =>
    [...lines.values()].map((each) => `${each.quantity} × ${each.product_id}`).join(', ') || 'nothing';
  const worth = (lines: (typeof after)[number]): string => worthIn(Object.fromEntries(worthOf(lines, prices)));
  return say(
    story(events),
    table(
      ['after', 'the cart holds'],
      kept.map((e, i) => [`${clock(e.time)} ${e.type}`, holds(after[i] ?? new Map())]),
    ),
    `Its value is that of what it held last: ${holds(counted)}, ${worth(counted)}. At its peak it was worth ${worthIn(tell(events).details.peak_value)}. Removes that matched nothing: ${unmatchedRemoves}.`,
  );
};

const states = (): string => {
  const events = [add(0, { visitor_id: 'ada', items: mug })];
  const at = [0, 29, 30, 59, 60, 7 * DAY + 59, 7 * DAY + 60];
  const later = [...events, buy(3 * DAY, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } })];
  return say(
    story(events),
    table(
      ['looked at', 'state'],
      [
        ...at.map((minute) => {
          const { carts } = tell(events, { asOf: START + minute * MINUTE_MS });
          return [clock(START + minute * MINUTE_MS), carts[0]?.state ?? ''];
        }),
        ['any time, had it been bought on Thu 8 Jan', tell(later).carts[0]?.state ?? ''],
      ],
    ),
  );
};

/** Ten carts of one day, one for each thing that may become of a cart, and more of the common ones. */
const shop = (): Told[] => {
  const own = (visitor_id: string) => ({ visitor_id });
  const step = (at: number, visitor_id: string, checkout_step: 'start' | 'shipping' | 'payment'): Told => ({
    type: 'checkout',
    at,
    visitor_id,
    checkout_step,
  });
  const order = (at: number, id: string, visitor_id: string) =>
    buy(at, id, { visitor_id, items: mug, amounts: { total: 1000 } });
  return [
    add(0, { ...own('a'), items: mug }),
    order(9, '1', 'a'),
    add(0, { ...own('b'), items: mug }),
    step(3, 'b', 'start'),
    order(9, '2', 'b'),
    add(0, { ...own('c'), items: mug }),
    step(2, 'c', 'payment'),
    order(180, '3', 'c'),
    add(0, { ...own('d'), items: lamp, customer_id: 'k-4', page: { path: '/cart' } }),
    step(2, 'd', 'shipping'),
    {
      type: 'friction',
      at: 3,
      visitor_id: 'd',
      friction: { code: 'shipping_cost_shown' },
      page: { path: '/shipping' },
    },
    add(0, { ...own('e'), items: [...mug, ...lamp], page: { path: '/cart' } }),
    add(0, { ...own('f'), items: mug }),
    { type: 'cart_view', at: 1, visitor_id: 'f', items: [] },
    add(500, { ...own('g'), items: mug }),
    add(525, { ...own('h'), items: mug }),
  ];
};
const SHOP_AS_OF = START + 540 * MINUTE_MS;

const abandonment = (): string => {
  const { abandonment: body, details } = tell(shop(), { asOf: SHOP_AS_OF });
  const { carts } = body;
  const whose: Record<string, string> = {
    created: 'all of them',
    active: 'H, something happened 15 minutes ago',
    idle: 'G, 40 minutes ago',
    abandoned: 'D and E',
    lost: 'none yet: it takes another seven days',
    emptied: 'F',
    purchased: 'A and B',
    recovered: 'C, bought three hours later',
    recovered_late: 'none',
    revived: 'none',
  };
  return say(
    table(
      ['count', 'carts', 'which'],
      Object.entries(carts).map(([name, n]) => [`\`${name}\``, String(n), whose[name] ?? '']),
    ),
    table(
      ['rate', 'formula', 'all carts', 'with a checkout event'],
      [
        [
          '`abandonment_rate`',
          'ever abandoned / (ever abandoned + purchased)',
          percent(body.abandonment_rate),
          percent(body.checkout.abandonment_rate),
        ],
        [
          '`recovery_rate`',
          'recovered / ever abandoned',
          percent(body.recovery_rate),
          percent(body.checkout.recovery_rate),
        ],
        [
          '`not_bought_rate`',
          '(created - purchased - recovered) / created',
          percent(body.not_bought_rate),
          percent(body.checkout.not_bought_rate),
        ],
      ],
    ),
    table(
      ['left at', 'carts', 'value'],
      body.points.map((point) => [`\`${point.stage}\``, String(point.carts), worthIn(point.value)]),
    ),
    table(
      ['reason', 'carts', 'value'],
      body.reasons.map((reason) => [`\`${reason.code}\``, String(reason.carts), worthIn(reason.value)]),
    ),
    table(
      ['product', 'carts', 'left', 'bought', 'value_left'],
      body.products.map((p) => [
        p.product_id,
        String(p.carts),
        String(p.left),
        String(p.bought),
        worthIn(p.value_left),
      ]),
    ),
    table(
      ['beside them', 'value'],
      [
        ['median time to abandonment', minutes(details.times.median_ms_to_abandonment)],
        ['median time to recovery', minutes(details.times.median_ms_to_recovery)],
        ['contactable', `${details.contactable.carts} cart, ${worthIn(details.contactable.value)}`],
        ['last pages', details.last_pages.map((row) => `${row.page} (${row.carts})`).join(', ')],
        ['last products', details.last_products.map((row) => `${row.product_id} (${row.carts})`).join(', ')],
      ],
    ),
  );
};

const cartStatement = (): string => {
  const { stages, carts } = revenueOf(tell(shop(), { asOf: SHOP_AS_OF }));
  return say(
    table(
      ['stage', 'carts', 'reached', 'left', 'standing', 'emptied', 'recovered'],
      stages.map(({ stage, carts: n, reached, left, standing, emptied, recovered }) => [
        `\`${stage}\``,
        String(n),
        ...[reached, left, standing, emptied, recovered].map(euros),
      ]),
    ),
    `value ${euros(carts.value)} = left ${euros(carts.left)} + standing ${euros(carts.standing)} + emptied ${euros(carts.emptied)} + bought ${euros(carts.bought)}`,
  );
};

export const CARTS = {
  'two-devices': twoDevices,
  'thank-you-page': thankYouPage,
  'without-cart': withoutCart,
  contents,
  states,
  shop: () => story(shop()),
  abandonment,
  'cart-statement': cartStatement,
};
