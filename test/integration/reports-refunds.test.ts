/** Refunds on their own day and on that of their order, as the reports say them. */
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Delivery } from '@cartledger/events';
import type { RefundsOn } from '@cartledger/funnel';
import { createReports, type ReportQuery } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const JANUARY = { from: '2027-01-01', to: '2027-01-31' };
const FEBRUARY = { from: '2027-02-01', to: '2027-02-28' };

const order = (time: string, order_id: string, total: number, more: object = {}) =>
  at(time, 'purchase', { visitor_id: order_id, order_id, source: 'browser', amounts: { total }, ...more });
const refund = (time: string, order_id: string, total: number, more: object = {}) =>
  at(time, 'refund', { visitor_id: 'shop', order_id, refund_id: 'r', source: 'webhook', amounts: { total }, ...more });

/** What is refunded by currency, on the refunds' own days and on their orders'. */
const refunded = async (store: string, period: Pick<ReportQuery, 'from' | 'to'>) => {
  const asked = await world.query(store, period);
  const both = await Promise.all(
    (['refund', 'order'] as const).map((refunds_on) => world.reports.revenue({ ...asked, refunds_on })),
  );
  expect(both.map(({ refunds_on }) => refunds_on)).toEqual(['refund', 'order']);
  return both.map(({ currencies }) =>
    Object.fromEntries(Object.entries(currencies).map(([currency, { orders }]) => [currency, orders.refunds])),
  );
};

test('a refund made after the month’s end counts in its order’s month where that is asked for', async () => {
  await world.createStore('months');
  await world.take('months', [
    order('2027-01-20', 'o1', 1_000),
    refund('2027-02-03', 'o1', 400, { amounts: { total: 400, items: 350 } }),
    // Of an order that is not known, of another currency, of more than the order, of a test, of an order of December.
    refund('2027-02-04', 'never seen', 30),
    refund('2027-02-05', 'o1', 7, { refund_id: 'usd', currency: 'USD' }),
    refund('2027-02-06', 'o1', 5_000, { refund_id: 'more' }),
    order('2027-01-21', 'test', 1_000, { test: true }),
    refund('2027-02-07', 'test', 1_000),
    order('2026-12-31', 'o2', 200),
    refund('2027-01-02', 'o2', 200),
  ]);
  expect(await refunded('months', JANUARY)).toEqual([{ EUR: 200n }, { EUR: 5_400n, USD: 7n }]);
  expect(await refunded('months', FEBRUARY)).toEqual([{ EUR: 5_430n, USD: 7n }, { EUR: 30n }]);

  const asked = { ...(await world.query('months', JANUARY)), refunds_on: 'order' } as const;
  const { EUR: euros } = (await world.reports.revenue(asked)).currencies;
  expect(euros).toMatchObject({
    orders: { order_total: 1_000n, refunds: 5_400n, net: -4_400n, net_sales: -4_350n },
    difference: 0n,
  });
  const listed = await world.reports.explain('revenue', asked, { figure: 'currency=EUR,orders=refunds' });
  expect(listed).toMatchObject({ refunds_on: 'order', count: 2, amount: { currency: 'EUR', amount: 5_400n } });
  expect(listed.rows.map(({ id, at: time, day, note }) => [id, time, day, note])).toEqual([
    ['o1 r', '2027-02-03T12:00:00.000Z', '2027-01-20', 'refund'],
    ['o1 more', '2027-02-06T12:00:00.000Z', '2027-01-20', 'refund, more_than_order'],
  ]);
  const net = await world.reports.explain('revenue', asked, { figure: 'currency=EUR,line=net' });
  expect(net.amount?.amount).toBe(-4_400n);
  const byOwnDay = await world.reports.explain('revenue', await world.query('months', JANUARY), {
    figure: 'currency=EUR,line=refunds',
  });
  expect(byOwnDay).toMatchObject({ refunds_on: 'refund', count: 1, rows: [{ id: 'o2 r', day: '2027-01-02' }] });
  expect(await world.reports.explain('abandonment', asked, { figure: 'figure=created' })).not.toHaveProperty(
    'refunds_on',
  );
});

test('a cursor of the one is none of the other', async () => {
  const asked = await world.query('months', FEBRUARY);
  const figure = 'currency=EUR,orders=refunds';
  const { next_cursor } = await world.reports.explain('revenue', asked, { figure, limit: 1 });
  expect(next_cursor).not.toBeNull();
  const other = { figure, limit: 1, cursor: next_cursor ?? '' };
  await expect(world.reports.explain('revenue', { ...asked, refunds_on: 'order' }, other)).rejects.toMatchObject({
    code: 'bad_cursor',
  });
});

test('an order that a late delivery moves to another day takes its refunds along', async () => {
  await world.createStore('moved');
  await world.take('moved', [
    order('2027-02-10', 'o1', 1_000, { source: 'server' }),
    refund('2027-02-11', 'o1', 400),
    refund('2027-02-12', 'o3', 50),
  ]);
  expect(await refunded('moved', FEBRUARY)).toEqual([{ EUR: 450n }, { EUR: 450n }]);
  expect(await refunded('moved', JANUARY)).toEqual([{}, {}]);
  // The browser, nearer to the customer, tells of January; and the order that nobody knew was one of January.
  await world.take('moved', [order('2027-01-30', 'o1', 1_000), order('2027-01-31', 'o3', 100)]);
  expect(await refunded('moved', FEBRUARY)).toEqual([{ EUR: 450n }, {}]);
  expect(await refunded('moved', JANUARY)).toEqual([{ EUR: 0n }, { EUR: 450n }]);
});

test('an order and its refund stand on the store’s local day', async () => {
  await world.createStore('tokyo', { time_zone: 'Asia/Tokyo' });
  await world.take('tokyo', [order('2027-01-31T16:00:00', 'o1', 1_000), refund('2027-02-28T16:00:00', 'o1', 400)]);
  expect(await refunded('tokyo', JANUARY)).toEqual([{}, {}]);
  expect(await refunded('tokyo', FEBRUARY)).toEqual([{ EUR: 0n }, { EUR: 400n }]);
});

test('a refund is converted at the rate of the day it counts on', async () => {
  await world.createStore('rates', { currency: 'EUR', fx_source: 'bank' });
  await world.world.clickhouse.command(`INSERT INTO fx_rates (source, day, currency, base, rate) VALUES
    ('bank', '2027-01-20', 'USD', 'EUR', 0.5), ('bank', '2027-01-25', 'USD', 'EUR', 2), ('bank', '2027-01-26', 'USD', 'EUR', 4)`);
  await world.take('rates', [
    order('2027-01-20', 'o1', 1_000, { currency: 'USD' }),
    refund('2027-01-25', 'o1', 100, { currency: 'USD' }),
    refund('2027-02-03', 'o1', 10, { refund_id: 'late', currency: 'USD' }),
    refund('2027-01-26', 'never seen', 1, { currency: 'USD' }),
  ]);
  const asked = await world.query('rates', JANUARY);
  const own = await world.reports.revenue(asked);
  expect(own.converted).toMatchObject({ missing: [], orders: { order_total: 500n, refunds: 204n, net: 296n } });
  const ofOrder = await world.reports.revenue({ ...asked, refunds_on: 'order' });
  expect(ofOrder.converted).toMatchObject({
    rate_days: { from: '2027-01-20', to: '2027-01-26' },
    missing: [],
    orders: { order_total: 500n, refunds: 50n + 5n + 4n, net: 441n },
  });
  // In February there is no rate: by its own day the refund needs one, by the order's it is not there.
  const later = { ...asked, ...FEBRUARY };
  expect((await world.reports.revenue(later)).converted).toMatchObject({
    missing: [{ currency: 'USD', day: '2027-02-03' }],
    orders: null,
  });
  expect((await world.reports.revenue({ ...later, refunds_on: 'order' })).converted).toMatchObject({
    missing: [],
    orders: { refunds: 0n },
  });
});

test('a refund that comes in while the month of its order is read is in all of the report, whatever day it was made', async () => {
  await world.createStore('meanwhile', { currency: 'EUR', fx_source: 'bank' });
  await world.take('meanwhile', [order('2027-01-20', 'o1', 1_000, { currency: 'USD' })]);
  const asked = await world.query('meanwhile', JANUARY);
  const { clickhouse } = world.world;
  /** How often the report was read until it was of one state, and what it says. */
  const readWhile = async (refunds_on: RefundsOn, comesIn: Partial<Delivery>) => {
    let [reads, isIn] = [0, false];
    const moving: ClickHouse = {
      ...clickhouse,
      query: async (query, params) => {
        const rows = await clickhouse.query(query, params);
        if (query.name === 'order_cells') {
          reads++;
          if (!isIn) await world.take('meanwhile', [comesIn]);
          isIn = true;
        }
        return rows;
      },
    };
    const { currencies, converted } = await createReports({ clickhouse: moving }).revenue({ ...asked, refunds_on });
    const refunds = Object.values(currencies).map(({ orders }) => orders.refunds);
    return [reads, ...refunds, converted?.orders?.refunds];
  };
  const late = { currency: 'USD' };
  expect(await readWhile('order', refund('2027-02-03', 'o1', 400, late))).toEqual([2, 400n, 200n]);
  expect(await readWhile('refund', refund('2027-02-04', 'o1', 100, { ...late, refund_id: 'r2' }))).toEqual([1, 0n, 0n]);
});

test('by the orders’ days too a report says the same from rollups, from the ledger, and over days that are behind', async () => {
  const asked = { ...(await world.query('months', JANUARY)), refunds_on: 'order' } as const;
  const said = await world.reports.revenue(asked);
  const ofLedger = createReports({ clickhouse: world.world.clickhouse }, { days: 'ledger' });
  expect(await ofLedger.revenue(asked)).toEqual(said);
  await world.world.clickhouse.command(`INSERT INTO dirty_days (store_id, rollup, day, version, dirty)
    SELECT 'months', 'order', '2027-01-20', max(version) + 1, true FROM dirty_days WHERE store_id = 'months'`);
  expect(await world.reports.revenue(asked)).toEqual(said);
});

test('difference tells of a refund that stands twice in the ledger, and of a rollup that says another sum', async () => {
  await world.createStore('spoiled');
  await world.take('spoiled', [order('2027-01-20', 'o1', 1_000), refund('2027-01-21', 'o1', 400)]);
  const asked = await world.query('spoiled', JANUARY);
  const { clickhouse } = world.world;
  const differences = () =>
    Promise.all(
      (['rollups', 'ledger'] as const).flatMap((days) =>
        (['refund', 'order'] as const).map(async (refunds_on) => {
          const { currencies } = await createReports({ clickhouse }, { days }).revenue({ ...asked, refunds_on });
          return Object.values(currencies).map(({ difference }) => difference);
        }),
      ),
    );
  expect(await differences()).toEqual([[0n], [0n], [0n], [0n]]);
  await clickhouse.command(`INSERT INTO ledger_rows SELECT * REPLACE (concat(key, ' again') AS key)
    FROM ledger_rows WHERE store_id = 'spoiled' AND kind = 'refund'`);
  // By the orders' days refunds are read from the ledger always.
  expect(await differences()).toEqual([[0n], [-400n], [-400n], [-400n]]);
  await clickhouse.command(`INSERT INTO order_days SELECT * REPLACE ([toInt128(401)] AS \`refunds.total\`, version + 1 AS version)
    FROM order_days FINAL WHERE store_id = 'spoiled' AND day = '2027-01-21'`);
  expect((await differences())[0]).toEqual([-1n]);
});
