import { defineQuery } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

/** What analysts read says what the reports say. */
let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const rowsOf = async <R extends z.ZodType>(view: string, columns: string, row: R): Promise<z.output<R>[]> => {
  const { clickhouse } = world.world;
  return clickhouse.query(
    defineQuery({
      name: `analytics.${view}`,
      sql: `SELECT ${columns} FROM ${clickhouse.database}_analytics.${view} WHERE store_id = {store_id:String} ORDER BY 1`,
      params: z.object({ store_id: z.string() }),
      row,
    }),
    { store_id: 'shop' },
  );
};

test('orders name new buyers by their customer, else by their visitor, and refunds take net where the report has it', async () => {
  await world.createStore('shop', { currency: 'EUR' });
  const bought = (day: string, visitor_id: string, order_id: string, customer_id?: string) =>
    at(day, 'purchase', {
      visitor_id,
      order_id,
      items: [item('A', 900)],
      amounts: { total: 900 },
      ...(customer_id && { customer_id }),
    });
  const refunded = (day: string, order_id: string, total: number) =>
    at(day, 'refund', { visitor_id: 'a', order_id, refund_id: `of-${order_id}`, amounts: { total } });
  await world.take('shop', [
    bought('2027-01-02', 'z', 'o0', 'k'),
    bought('2027-01-05', 'a', 'o1', 'k'),
    bought('2027-01-06', 'b', 'o2'),
    bought('2027-01-07', 'b', 'o3'),
    refunded('2027-01-08', 'o1', 250),
    refunded('2027-01-09', 'unheard-of', 40),
  ]);
  const asked = await world.query('shop', { from: '2027-01-01', to: '2027-01-31' });
  const orders = await rowsOf(
    'orders',
    'order_id, new_buyer, total',
    z.object({ order_id: z.string(), new_buyer: z.boolean(), total: z.coerce.bigint() }),
  );
  expect(orders.map(({ order_id, new_buyer }) => [order_id, new_buyer])).toEqual([
    ['o0', true],
    ['o1', false],
    ['o2', true],
    ['o3', false],
  ]);
  expect((await world.reports.pipeline(asked)).new_buyers).toBe(2);

  const refunds = await rowsOf(
    'refunds',
    'order_id, total, flag',
    z.object({ order_id: z.string(), total: z.coerce.bigint(), flag: z.string() }),
  );
  expect(refunds.map(({ order_id, flag }) => [order_id, flag])).toEqual([
    ['o1', ''],
    ['unheard-of', 'unknown_order'],
  ]);
  const sum = (rows: readonly { total: bigint }[]): bigint => rows.reduce((all, { total }) => all + total, 0n);
  const { currencies } = await world.reports.revenue(asked);
  expect(currencies).toMatchObject({
    EUR: { orders: { refunds: sum(refunds), net: sum(orders) - sum(refunds) } },
  });
});
