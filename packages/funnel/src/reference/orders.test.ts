/** definitions.md 2: orders and refunds. */
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { createExplainer } from './explain.ts';
import { isRejected } from './reject.ts';
import { add, buy, deliveriesOf, euros, line, refund, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const at = (minute: number): number => START + minute * MINUTE_MS;
const onlyOrder = (story: Told[]) => tell(story).orders[0];
const totalOf = (story: Told[]) => onlyOrder(story)?.order_total;
const joins = (story: Told[]) =>
  tell(story).orders.map((order) => [order.order_id, order.cart_key ?? order.without_cart_reason]);

/** Who a funnel of visitors counts at `purchase`. */
const buyers = (story: Told[], unit: 'visitor' | 'session' = 'visitor') =>
  createExplainer({
    deliveries: deliveriesOf(story),
    definition: {
      ...tell([]).carried.definition,
      stages: ['purchase'],
      funnels: [{ unit, mode: 'ordered', window_ms: 1 }],
    },
    asOf: at(0),
    from: '2025-01-01',
    to: '2027-12-31',
  })('funnel stage=purchase').rows.map((row) => row.id);

describe('the deliveries of one order', () => {
  it('a webhook has more authority than a server, a server than an import, an import than a browser', () => {
    const told = (source: 'webhook' | 'server' | 'import' | 'browser', total: number): Told =>
      buy(0, 'o1', { source, amounts: { total } });
    const all = [told('browser', 1), told('import', 2), told('server', 3), told('webhook', 4)];
    expect([1, 2, 3, 4].map((n) => totalOf(all.slice(0, n)))).toEqual([1n, 2n, 3n, 4n]);
  });

  it('of one source the highest revision wins, then the first received, then the smaller hash', () => {
    const edit = (revision: number, total: number, more: Partial<Told> = {}): Told =>
      buy(0, 'o1', { source: 'webhook', revision, amounts: { total }, ...more });
    expect(totalOf([edit(1, 1), edit(3, 3), edit(2, 2)])).toBe(3n);
    expect(totalOf([edit(1, 1, { received_at: at(9) }), edit(1, 2, { received_at: at(8) })])).toBe(2n);
    const same = { received_at: at(9) };
    expect(totalOf([edit(1, 1, { ...same, payload_hash: 8n }), edit(1, 2, { ...same, payload_hash: 7n })])).toBe(2n);
  });

  it('the winner gives amounts, currency, items and channel, whatever the others say', () => {
    const story = [
      buy(0, 'o1', { currency: 'USD', channel: 'pos', items: [line('Z', 9)], amounts: { total: 9 } }),
      buy(1, 'o1', { source: 'webhook', currency: 'EUR', items: [line('A', 100)], amounts: { total: 100 } }),
    ];
    expect(onlyOrder(story)).toMatchObject({
      order_total: 100n,
      currency: 'EUR',
      // Of channel web, as the webhook leaves it: else the reason were other_channel.
      without_cart_reason: 'no_add_seen',
    });
  });

  it('it was ordered at the earliest time of the source nearest to the customer', () => {
    const story = [
      buy(1, 'o1', { source: 'import' }),
      buy(2, 'o1', { source: 'webhook' }),
      buy(3, 'o1', { source: 'server' }),
      buy(5, 'o1', { source: 'browser' }),
      buy(4, 'o1', { source: 'browser' }),
    ];
    expect([5, 3, 2, 1].map((n) => onlyOrder(story.slice(0, n))?.ordered_at)).toEqual([at(4), at(3), at(2), at(1)]);
  });

  it('its cart id is that of the best-ranked delivery whose id is known', () => {
    const story = [
      add(0, { cart_id: 'c' }),
      buy(1, 'o1', { source: 'webhook', cart_id: 'unknown' }),
      buy(2, 'o1', { source: 'browser', cart_id: 'c', visitor_id: 'w' }),
    ];
    expect(joins(story)).toEqual([['o1', 'c']]);
  });

  it('visitor and session are those of the earliest browser delivery', () => {
    const story = [
      buy(1, 'o1', { source: 'server', visitor_id: 's', session_id: 'x' }),
      buy(3, 'o1', { visitor_id: 'second' }),
      buy(2, 'o1', { visitor_id: 'first', session_id: 'y' }),
    ];
    expect(buyers(story)).toEqual(['first']);
    expect(buyers(story, 'session')).toEqual(['["first","y"]']);
  });

  it('without a browser’s, those of the earliest with a session id', () => {
    const story = [
      add(0, { cart_id: 'c', visitor_id: 'a' }),
      buy(1, 'o1', { source: 'webhook', visitor_id: 'hook', cart_id: 'c' }),
      buy(2, 'o1', { source: 'server', visitor_id: 's', session_id: 'x', cart_id: 'c' }),
    ];
    expect(buyers(story)).toEqual(['s']);
  });

  it('without either, once joined, those of the cart’s last event; else the winner’s', () => {
    const hook = buy(5, 'o1', { source: 'webhook', visitor_id: 'hook', cart_id: 'c' });
    const story = [
      add(0, { cart_id: 'c', visitor_id: 'a' }),
      add(1, { cart_id: 'c', visitor_id: 'b', session_id: 'y' }),
      hook,
    ];
    expect(buyers(story)).toEqual(['b']);
    expect(buyers(story, 'session')).toEqual(['["b","y"]']);
    expect(buyers([hook])).toEqual(['hook']);
  });

  it('one delivery that says test makes a test: no order, cart or refund of it is in a report, the visitor’s events are', () => {
    const { orders, carts, revenue, abandonment, funnels } = tell([
      { type: 'visit', at: 0 },
      { type: 'product_view', at: 0 },
      add(1),
      buy(2, 'o1'),
      buy(3, 'o1', { source: 'webhook', test: true }),
      refund(4, 'o1', 100),
    ]);
    expect({ orders, carts, revenue, created: abandonment.carts.created }).toEqual({
      orders: [],
      carts: [],
      revenue: {},
      created: 0,
    });
    expect(funnels[0]?.map((stage) => stage.units)).toEqual([1, 1, 1, 0, 0]);
  });

  it('a test order joins like any other: what it closed is not open for the next', () => {
    expect(joins([add(0), buy(1, 't', { test: true }), buy(2, 'o1')])).toEqual([['o1', 'cart_already_bought']]);
  });

  it('amounts that are not said are 0', () => {
    expect(euros(tell([buy(0, 'o1', { items: [], amounts: { total: 70 } })])).orders).toMatchObject({
      gross_sales: 70n,
      discounts: 0n,
      tax: 0n,
      shipping: 0n,
      unexplained: 0n,
      order_total: 70n,
    });
  });

  it('what items, discount, tax and shipping leave of the total is unexplained', () => {
    // 200 of lines - 20 + 10 tax on top + 5 shipping = 195; 199 were charged.
    const amounts = { total: 199, discount: 20, tax: 10, shipping: 5 };
    expect(euros(tell([buy(0, 'o1', { items: [line('A', 100, 2)], amounts })])).orders).toMatchObject({
      gross_sales: 200n,
      tax: 10n,
      unexplained: 4n,
      order_total: 199n,
    });
  });
});

describe('the deliveries of one refund', () => {
  const refunded = (story: Told[]) => euros(tell(story)).orders.refunds;

  it('have the precedence of orders’', () => {
    const story = [
      refund(1, 'o1', 10, { source: 'import' }),
      refund(2, 'o1', 20, { source: 'webhook' }),
      refund(3, 'o1', 30, { source: 'server' }),
      refund(4, 'o1', 25, { source: 'webhook', revision: 1 }),
    ];
    expect([1, 2, 3, 4].map((n) => refunded(story.slice(0, n)))).toEqual([10n, 20n, 20n, 25n]);
  });

  it('date it by the earliest that is not a browser’s', () => {
    const story = [refund(0, 'o1', 1, { source: 'browser' }), refund(2 * DAY, 'o1', 30), refund(DAY, 'o1', 30)];
    const on = (day: string) => tell(story, { from: day, to: day }).revenue;
    expect([on('2026-01-05'), on('2026-01-07')]).toEqual([{}, {}]);
    expect(on('2026-01-06')).toMatchObject({ EUR: { orders: { refunds: 30n } } });
  });

  it('without an id that are not a browser’s, or of nothing, are rejected', () => {
    const { refund_id: _, ...without } = refund(0, 'o1', 5);
    const rejected = (told: Told) => deliveriesOf([told]).map(isRejected);
    expect(rejected(without)).toEqual([true]);
    expect(rejected({ ...without, source: 'browser' })).toEqual([false]);
    expect(rejected(refund(0, 'o1', 0))).toEqual([true]);
    expect(rejected(refund(0, 'o1', -5))).toEqual([true]);
    expect(rejected(refund(0, 'o1', 1))).toEqual([false]);
  });

  it('count whole though the order is unknown, smaller or in another currency, in the refund’s own', () => {
    const reports = tell([
      buy(0, 'o1'),
      refund(1, 'never seen', 5),
      refund(2, 'o1', 500),
      refund(3, 'o1', 7, { refund_id: 'r2', currency: 'USD' }),
    ]);
    expect(euros(reports).orders).toMatchObject({ refunds: 505n, net: -405n });
    expect(reports.revenue).toMatchObject({ USD: { orders: { count: 0, refunds: 7n, net: -7n } } });
  });

  it('pay back the items they name, else their lines if all are priced, else their total', () => {
    const items = (more: Partial<Told>) => {
      const { gross_sales, net_sales } = euros(tell([buy(0, 'o1'), refund(1, 'o1', 60, more)])).orders;
      return gross_sales - net_sales;
    };
    expect(items({ amounts: { total: 60, items: 50 }, items: [line('A', 40)] })).toBe(50n);
    expect(items({ items: [line('A', 40)] })).toBe(40n);
    expect(items({ items: [line('A', 40), { product_id: 'B', quantity: 1 }] })).toBe(60n);
  });

  it('a cancellation and a chargeback are refunds', () => {
    const story = [
      refund(1, 'o1', 1),
      refund(1, 'o1', 2, { refund_id: 'r2', kind: 'cancelled' }),
      refund(1, 'o1', 4, { refund_id: 'r3', kind: 'chargeback' }),
    ];
    expect(refunded(story)).toBe(7n);
  });
});
