/** Examples of docs/definitions.md: orders dated in a period, timing, converted totals, pipeline. */
import { MINUTE_MS } from '../../definition.ts';
import { add, buy, line, refund, euros as revenueOf, START, type Told, tell } from '../scenario.ts';
import { euros, minutes, percent, say, story, table, worthIn } from './tables.ts';

const DAY = 24 * 60;

const sales = (): Told[] => [
  add(0, { visitor_id: 'ada', items: [line('mug', 1000, 2), line('tea', 500)] }),
  buy(9, 'A-1', {
    visitor_id: 'ada',
    items: [line('mug', 900, 2), line('lamp', 4000)],
    amounts: { total: 6300, discount: 600, tax: 1000, shipping: 1100 },
  }),
  buy(30, 'A-2', { visitor_id: 'ben', items: [line('mug', 1000)], amounts: { total: 1000 } }),
  refund(60, 'A-1', 900, { visitor_id: 'shop', items: [line('mug', 900)] }),
];

const bridge = (): string => {
  const { bridge: lines, orders, difference } = revenueOf(tell(sales()));
  const sums = new Set(['gross_sales', 'order_total', 'net']);
  const named = ({ line: name, amount }: (typeof lines)[number]): string[] =>
    sums.has(name) ? [`**\`${name}\`**`, `**${euros(amount)}**`] : [`\`${name}\``, euros(amount)];
  return say(
    story(sales()),
    table(['line', 'amount'], lines.map(named)),
    `\`difference\` ${euros(difference)}; \`net_sales\` ${euros(orders.net_sales)}; \`average_order_value\` ${euros(orders.average_order_value ?? 0n)}; ${orders.count} orders, ${orders.without_cart} of them without cart.`,
  );
};

const timing = (): string => {
  const events = [
    add(20 * DAY, { visitor_id: 'ada', items: [line('lamp', 4000)] }),
    buy(30 * DAY, 'A-1', { visitor_id: 'ada', items: [line('lamp', 4000)], amounts: { total: 4000 } }),
  ];
  const row = (name: string, from: string, to: string): string[] => {
    const { carts, bridge: lines, timing: between, difference } = revenueOf(tell(events, { from, to }));
    const joined = lines.find((each) => each.line === 'joined_carts')?.amount ?? 0n;
    return [name, ...[carts.bought, joined, between, difference].map(euros)];
  };
  return say(
    story(events),
    table(
      ['period', '`carts.bought`', '`joined_carts`', '`timing`', '`difference`'],
      [
        row('January', '2026-01-01', '2026-01-31'),
        row('February', '2026-02-01', '2026-02-28'),
        row('both', '2026-01-01', '2026-02-28'),
      ],
    ),
  );
};

const converted = (): string => {
  const order = (at: number, id: string, total: number, currency: string): Told =>
    buy(at, id, { visitor_id: id, items: [], currency, amounts: { total } });
  const events = [
    order(0, 'A-1', 1000, 'EUR'),
    order(0, 'A-2', 2001, 'USD'),
    order(DAY, 'A-3', 2001, 'USD'),
    order(2 * DAY, 'A-4', 500, 'USD'),
  ];
  const fxRates = [
    { source: 'ecb', day: '2026-01-05', currency: 'USD', base: 'EUR', rate: '0.9' },
    { source: 'ecb', day: '2026-01-06', currency: 'USD', base: 'EUR', rate: '0.8' },
  ];
  const total = (to: string): string[] => {
    const report = tell(events, { to, fxRates, definition: { fx_source: 'ecb' } }).converted;
    const missing = (report?.missing ?? []).map(({ currency, day }) => `${currency} on ${day}`).join(', ');
    return [
      `5 to ${Number(to.slice(-2))} January`,
      report?.orders ? `${euros(report.orders.order_total)} EUR` : 'null',
      missing || 'nothing',
    ];
  };
  return say(
    story(events),
    table(
      ['day', 'USD', 'source'],
      fxRates.map((rate) => [rate.day, `${rate.rate} EUR`, rate.source]),
    ),
    table(
      ['period', '`order_total`, converted', 'missing'],
      [total('2026-01-05'), total('2026-01-06'), total('2026-01-07')],
    ),
  );
};

const pipeline = (): string => {
  const visit = (at: number, visitor_id: string): Told => ({ type: 'visit', at, visitor_id });
  const events: Told[] = [
    visit(0, 'ada'),
    add(5, { visitor_id: 'ada', items: [line('mug', 1000)] }),
    buy(20, 'A-1', { visitor_id: 'ada', items: [line('mug', 1000)], amounts: { total: 1000 }, customer_id: 'k-1' }),
    visit(100, 'ada'),
    buy(110, 'A-2', { visitor_id: 'ada', items: [line('tea', 500)], amounts: { total: 500 }, customer_id: 'k-1' }),
    visit(0, 'ben'),
    add(1, { visitor_id: 'ben', items: [line('lamp', 4000)] }),
    visit(150, 'cem'),
    add(175, { visitor_id: 'cem', items: [line('mug', 1000)] }),
  ];
  const report = tell(events, {
    asOf: START + 180 * MINUTE_MS,
    definition: { stages: ['visit', 'add_to_cart', 'purchase'], targets: { purchase: 0.5 } },
  }).pipeline;
  if (report === null) throw new Error('one version counts all days');
  const purchase = report.stages.at(-1);
  return say(
    story(events),
    table(
      ['measure', 'value'],
      [
        ['leads', String(report.leads)],
        ['orders, and orders per lead', `${report.orders}, ${report.orders_per_lead}`],
        [
          'conversion to `purchase`, target, difference',
          `${percent(purchase?.conversion_from_first ?? null)}, ${percent(purchase?.target ?? null)}, ${percent(purchase?.difference ?? null)}`,
        ],
        [
          'sales cycle: orders with one, median',
          `${report.sales_cycle.orders}, ${minutes(report.sales_cycle.median_ms)}`,
        ],
        ['average order value', worthIn({ EUR: report.average_order_value.EUR ?? 0n })],
        ['standing (active and idle)', `${report.standing.carts} cart, ${worthIn(report.standing.value)}`],
        ['won', `${report.won.carts} cart, ${worthIn(report.won.value)}`],
        ['stale (abandoned, not lost)', `${report.stale.carts} cart, ${worthIn(report.stale.value)}`],
        ['new buyers', String(report.new_buyers)],
      ],
    ),
  );
};

const bottleneck = (): string => {
  const crowd = (name: string, day: number, visits: number, adds: number, orders: number): Told[] =>
    Array.from({ length: visits }, (_, i) => {
      const visitor_id = `${name}${i}`;
      const items = [line('mug', 1000)];
      return [
        { type: 'visit', at: day * DAY, visitor_id } as const,
        ...(i < adds ? [add(day * DAY + 1, { visitor_id, items })] : []),
        ...(i < orders ? [buy(day * DAY + 2, visitor_id, { visitor_id, items, amounts: { total: 1000 } })] : []),
      ];
    }).flat();
  const report = tell([...crowd('before', -10, 100, 60, 30), ...crowd('now', 0, 200, 100, 45)], {
    definition: { stages: ['visit', 'add_to_cart', 'purchase'] },
    from: '2026-01-05',
    to: '2026-01-05',
  }).pipeline?.bottleneck;
  if (!report) throw new Error('the crowd of now converts worse');
  return table(
    ['stage', 'units at the stage before', 'conversion now', 'mean of the 28 days before', 'units missing'],
    [
      [
        `\`${report.stage}\``,
        String(report.units),
        percent(report.conversion),
        percent(report.mean_conversion),
        String(report.units_missing),
      ],
    ],
  );
};

export const REVENUE = { bridge, timing, converted, pipeline, bottleneck };
