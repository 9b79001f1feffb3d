/** What is odd about a refund is flagged, by hand, from the events to the view and the list behind the figure. */
import { defineQuery } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { at, createReportsWorld, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const JANUARY = { from: '2027-01-01', to: '2027-01-31' };
const order = (order_id: string, total: number, more: object = {}) =>
  at('2027-01-05T10:00:00', 'purchase', { visitor_id: 'a', order_id, source: 'webhook', amounts: { total }, ...more });
const refund = (minute: number, refund_id: string, order_id: string, total: number, more: object = {}) =>
  at(`2027-01-06T10:${String(minute).padStart(2, '0')}:00`, 'refund', {
    ...{ visitor_id: 'shop', source: 'webhook', order_id, refund_id, amounts: { total } },
    ...more,
  });

const inView = defineQuery({
  name: 'test.refund_flags',
  sql: `SELECT refund_id, toString(currency) AS currency, toInt64(amount_total) AS total, toString(flag) AS flag
    FROM refunds WHERE store_id = {store_id:String} ORDER BY refunded_at, refund_id`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ refund_id: z.string(), currency: z.string(), total: z.coerce.number(), flag: z.string() }),
});
const flags = async (store_id: string) =>
  (await world.world.clickhouse.query(inView, { store_id })).map(({ refund_id, currency, total, flag }) =>
    `${refund_id} ${currency} ${total} ${flag}`.trim(),
  );

test('an unknown order, another currency and more than the order are flagged, and all of it is in net', async () => {
  await world.createStore('odd');
  await world.take('odd', [
    order('o1', 100),
    refund(1, 'r1', 'o1', 60),
    refund(2, 'r2', 'o1', 40),
    refund(3, 'r3', 'o1', 500, { currency: 'USD' }),
    refund(4, 'r4', 'o1', 1),
    refund(5, 'r5', 'o1', 2, { kind: 'chargeback' }),
    refund(6, 'r6', 'never seen', 7),
    refund(7, 'r7', 'o1', 9, { source: 'browser' }),
  ]);
  // Up to the order's total nothing is odd; the cent above it is, and what comes after. Other money is no part of the sum.
  expect(await flags('odd')).toEqual([
    'r1 EUR 60',
    'r2 EUR 40',
    'r3 USD 500 other_currency',
    'r4 EUR 1 more_than_order',
    'r5 EUR 2 more_than_order',
    'r6 EUR 7 unknown_order',
  ]);
  const asked = await world.query('odd', JANUARY);
  const { currencies } = await world.reports.revenue(asked);
  expect(currencies).toMatchObject({
    EUR: { orders: { order_total: 100n, refunds: 110n, net: -10n } },
    USD: { orders: { order_total: 0n, refunds: 500n, net: -500n } },
  });
  const { rows } = await world.reports.explain('revenue', asked, { figure: 'currency=EUR,orders=refunds' });
  expect(rows.map(({ id, amount, note }) => `${id} ${amount} ${note}`)).toEqual([
    'o1 r1 60 refund',
    'o1 r2 40 refund',
    'o1 r4 1 refund, more_than_order',
    'o1 r5 2 chargeback, more_than_order',
    'never seen r6 7 refund, unknown_order',
  ]);
});

test('flags follow what is learned later: the order, its currency, its total, an earlier refund', async () => {
  await world.createStore('later');
  await world.take('later', [refund(10, 'r2', 'o1', 60), refund(20, 'r3', 'o1', 40, { currency: 'USD' })]);
  expect(await flags('later')).toEqual(['r2 EUR 60 unknown_order', 'r3 USD 40 unknown_order']);
  await world.take('later', [order('o1', 100, { source: 'import' })]);
  expect(await flags('later')).toEqual(['r2 EUR 60', 'r3 USD 40 other_currency']);
  // One made before both: with it the second is more than the order.
  await world.take('later', [refund(5, 'r1', 'o1', 41)]);
  expect(await flags('later')).toEqual(['r1 EUR 41', 'r2 EUR 60 more_than_order', 'r3 USD 40 other_currency']);
  // An edit makes the order larger, then one in dollars says that it was never in euros.
  await world.take('later', [order('o1', 101, { source: 'server' })]);
  expect(await flags('later')).toEqual(['r1 EUR 41', 'r2 EUR 60', 'r3 USD 40 other_currency']);
  await world.take('later', [order('o1', 30, { currency: 'USD' })]);
  expect(await flags('later')).toEqual([
    'r1 EUR 41 other_currency',
    'r2 EUR 60 other_currency',
    'r3 USD 40 more_than_order',
  ]);
});

test('refunds of one instant pass their order by refund id', async () => {
  await world.createStore('instant');
  await world.take('instant', [order('o1', 100), refund(1, 'b', 'o1', 60), refund(1, 'a', 'o1', 60)]);
  expect(await flags('instant')).toEqual(['a EUR 60', 'b EUR 60 more_than_order']);
});
