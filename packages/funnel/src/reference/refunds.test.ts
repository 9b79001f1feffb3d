import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { buy, DAY, inEuro, refund } from './revenue-stories.ts';
import { euros, type Told } from './scenario.ts';

describe('refunds', () => {
  it('count on their own day, in full, once for each id', () => {
    const story = [
      buy(0, { total: 100 }),
      refund(DAY, 30),
      refund(DAY + 5, 30),
      refund(2 * DAY, 500, { refund_id: 'r2' }),
    ];
    expect(inEuro(story).orders).toMatchObject({ refunds: 530n, net: -430n, net_sales: -430n });
    expect(inEuro(story, { from: '2026-01-06', to: '2026-01-06' }).orders).toMatchObject({
      count: 0,
      refunds: 30n,
      net: -30n,
    });
  });

  it('a browser’s is never summed, nor one of a test order', () => {
    expect(inEuro([buy(0, { total: 100 }), refund(1, 30, { source: 'browser' })]).orders.refunds).toBe(0n);
    expect(tell([buy(0, { total: 100 }, [], { test: true }), refund(1, 30)]).revenue).toEqual({});
  });

  it('take from net sales the items they paid back', () => {
    const story = [buy(0, { total: 100, shipping: 10 }), refund(1, 50, { amounts: { total: 50, items: 45 } })];
    expect(inEuro(story).orders).toMatchObject({ net: 50n, net_sales: 45n });
  });
});

describe('refunds on the day of their order', () => {
  const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
  const FEBRUARY = { from: '2026-02-01', to: '2026-02-28' };
  /** What is refunded in a period, by currency: on the refunds' own days, and on their orders'. */
  const refunded = (story: Told[], period: { from?: string; to?: string } = {}) => {
    const { revenue, byOrderDay } = tell(story, period);
    return [revenue, byOrderDay.revenue].map((currencies) =>
      Object.fromEntries(Object.entries(currencies).map(([currency, { orders }]) => [currency, orders.refunds])),
    );
  };
  const sold = buy(0, { total: 100, shipping: 10 });

  it('made after the month’s end count in the month of the order, in all that they change', () => {
    const story = [sold, refund(30 * DAY, 40, { amounts: { total: 40, items: 35 } })];
    expect(refunded(story, JANUARY)).toEqual([{ EUR: 0n }, { EUR: 40n }]);
    expect(refunded(story, FEBRUARY)).toEqual([{ EUR: 40n }, {}]);
    const january = euros(tell(story, JANUARY).byOrderDay);
    expect(january.orders).toMatchObject({ order_total: 100n, refunds: 40n, net: 60n, net_sales: 55n });
    expect(january.bridge.slice(-2)).toEqual([
      { line: 'refunds', amount: -40n },
      { line: 'net', amount: 60n },
    ]);
    expect(january.difference).toBe(0n);
  });

  it('count on their own day where the order is not known', () => {
    const story = [sold, refund(30 * DAY, 40, { order_id: 'never seen' })];
    expect(refunded(story, JANUARY)).toEqual([{ EUR: 0n }, { EUR: 0n }]);
    expect(refunded(story, FEBRUARY)).toEqual([{ EUR: 40n }, { EUR: 40n }]);
  });

  it('of an order before the period count in no later one, not even their currency', () => {
    const story = [sold, refund(30 * DAY, 40), refund(31 * DAY, 7, { refund_id: 'r2', currency: 'USD' })];
    expect(refunded(story, FEBRUARY)).toEqual([{ EUR: 40n, USD: 7n }, {}]);
    expect(refunded(story, JANUARY)).toEqual([{ EUR: 0n }, { EUR: 40n, USD: 7n }]);
  });

  it('of more than the order count whole there', () => {
    const story = [sold, refund(DAY, 70), refund(30 * DAY, 500, { refund_id: 'r2' })];
    expect(refunded(story, JANUARY)).toEqual([{ EUR: 70n }, { EUR: 570n }]);
    expect(euros(tell(story, JANUARY).byOrderDay).orders.net).toBe(-470n);
  });

  it('dated before their order, by a clock that is wrong, count on its day too', () => {
    const story = [refund(0, 5), buy(DAY, { total: 100 })];
    const sixth = { from: '2026-01-06', to: '2026-01-06' };
    expect(refunded(story, sixth)).toEqual([{ EUR: 0n }, { EUR: 5n }]);
  });

  it('move with the order when an earlier delivery of it moves its day', () => {
    const told = buy(30 * DAY, { total: 100 }, [], { source: 'server', visitor_id: 'shop' });
    const paid = refund(31 * DAY, 40);
    expect(refunded([told, paid], FEBRUARY)).toEqual([{ EUR: 40n }, { EUR: 40n }]);
    const placed = buy(0, { total: 100 });
    expect(refunded([told, paid, placed], FEBRUARY)).toEqual([{ EUR: 40n }, {}]);
    expect(refunded([told, paid, placed], JANUARY)).toEqual([{ EUR: 0n }, { EUR: 40n }]);
  });

  it('of a browser or of a test order are in no report either way', () => {
    expect(refunded([sold, refund(DAY, 30, { source: 'browser' })])).toEqual([{ EUR: 0n }, { EUR: 0n }]);
    expect(refunded([{ ...sold, test: true }, refund(DAY, 30)])).toEqual([{}, {}]);
  });

  it('change no measure of the pipeline: its currencies are those of refunds on their own day', () => {
    const story = [sold, refund(30 * DAY, 40, { currency: 'USD' })];
    expect(tell(story, FEBRUARY).pipeline?.average_order_value).toEqual({ USD: null });
  });
});
