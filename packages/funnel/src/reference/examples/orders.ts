/** Examples of docs/definitions.md: orders and refunds. */

import type { ReferenceReports } from '../reports.ts';
import { add, buy, line, refund, euros as revenueOf, type Told, tell } from '../scenario.ts';
import { clock, euros, say, story, table } from './tables.ts';

const DAY = 24 * 60;
const mug = [line('mug', 1000)];

const twoDeliveries = (): string => {
  const events: Told[] = [
    add(0, { visitor_id: 'ada', items: mug }),
    buy(4, 'A-1', { visitor_id: 'shop', source: 'webhook', items: mug, amounts: { total: 1190, tax: 190 } }),
    buy(5, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
    buy(40 * DAY, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
  ];
  return say(
    story(events),
    'One order:',
    table(
      ['order', 'ordered at (the browser’s)', 'total (the webhook’s)', 'joined cart'],
      tell(events).orders.map((order) => [
        order.order_id,
        clock(order.ordered_at),
        euros(order.order_total),
        order.cart_key ?? 'none',
      ]),
    ),
  );
};

const amounts = (): string => {
  const cases: [string, Told][] = [
    ['tax on top', buy(0, '1', { items: mug, amounts: { total: 1190, tax: 190 } })],
    ['tax inside', buy(0, '2', { items: mug, amounts: { total: 1000, tax: 160 } })],
    ['discount and shipping', buy(0, '3', { items: mug, amounts: { total: 1200, discount: 300, shipping: 500 } })],
    ['a total that is not explained', buy(0, '4', { items: mug, amounts: { total: 1050 } })],
    ['no lines', buy(0, '5', { items: [], amounts: { total: 1690, tax: 190, shipping: 500 } })],
  ];
  return table(
    ['order', 'total', 'items', '- discount', '+ tax added', '+ shipping', '+ unexplained'],
    cases.map(([what, told]) => {
      const { orders } = revenueOf(tell([told]));
      const columns = [
        orders.order_total,
        orders.gross_sales,
        -orders.discounts,
        orders.tax,
        orders.shipping,
        orders.unexplained,
      ];
      return [what, ...columns.map(euros)];
    }),
  );
};

const refunds = (): string => {
  const events = [
    buy(0, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1500, shipping: 500 } }),
    refund(30 * DAY, 'A-1', 1200, { visitor_id: 'shop', items: mug }),
  ];
  const row = (name: string, reports: Pick<ReferenceReports, 'revenue'>): string[] => {
    if (Object.keys(reports.revenue).length === 0) return [name, ...Array<string>(6).fill('nothing')];
    const { orders } = revenueOf(reports);
    return [
      name,
      String(orders.count),
      ...[orders.gross_sales, orders.order_total, orders.refunds, orders.net, orders.net_sales].map(euros),
    ];
  };
  const january = tell(events, { from: '2026-01-01', to: '2026-01-31' });
  const february = tell(events, { from: '2026-02-01', to: '2026-02-28' });
  return say(
    story(events),
    table(
      ['month', 'orders', 'gross_sales', 'order_total', 'refunds', 'net', 'net_sales'],
      [
        row('January', january),
        row('February', february),
        row('January, `refunds_on=order`', january.byOrderDay),
        row('February, `refunds_on=order`', february.byOrderDay),
      ],
    ),
  );
};

const testOrders = (): string => {
  const events = [
    add(0, { visitor_id: 'ada', items: mug }),
    buy(5, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
    add(0, { visitor_id: 'ben', items: mug }),
    buy(5, 'A-2', { visitor_id: 'ben', items: mug, amounts: { total: 1000 }, test: true }),
    buy(5, 'A-2', { visitor_id: 'shop', source: 'webhook', items: mug, amounts: { total: 1000 } }),
    refund(60, 'A-2', 1000, { visitor_id: 'shop' }),
  ];
  const { carts, orders, funnels, revenue } = tell(events);
  const added = funnels[0]?.find(({ stage }) => stage === 'add_to_cart')?.units_any ?? 0;
  const { order_total, refunds: refunded } = revenueOf({ revenue }).orders;
  return say(
    story(events),
    table(
      ['in the reports', 'is'],
      [
        ['orders', orders.map((order) => order.order_id).join(', ')],
        ['`order_total`, `refunds`', `${euros(order_total)}, ${euros(refunded)}`],
        ['carts', carts.map((cart) => cart.cart_key).join(', ')],
        ['visitors with an add_to_cart', String(added)],
      ],
    ),
  );
};

export const ORDERS = { 'test-orders': testOrders, 'two-deliveries': twoDeliveries, amounts, refunds };
