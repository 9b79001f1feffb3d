import { createReports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const FEBRUARY = { from: '2027-02-01', to: '2027-02-28' };

test('refunds whose ids look alike when they are printed are listed each once, page by page', async () => {
  await world.createStore('alike');
  const refund = (order_id: string, refund_id: string) =>
    at('2027-02-03T10:00:00', 'refund', { source: 'webhook', order_id, refund_id, amounts: { total: 10 } });
  await world.take('alike', [refund('a b', 'c'), refund('a', 'b c')]);
  const asked = await world.query('alike', FEBRUARY);
  const figure = 'currency=EUR,orders=refunds';
  const first = await world.reports.explain('revenue', asked, { figure, limit: 1 });
  expect(first).toMatchObject({ count: 2, next_cursor: expect.any(String) });
  const second = await world.reports.explain('revenue', asked, { figure, limit: 1, cursor: first.next_cursor ?? '' });
  expect(second.rows).toHaveLength(1);
  expect(second.next_cursor).toBeNull();
});

test('reports of carts are not counted by one version: they say so', async () => {
  await world.createStore('one');
  await world.take('one', [at('2027-02-01T10:02:00', 'add_to_cart', { visitor_id: 'a' })]);
  const asked = await world.query('one', { ...FEBRUARY, definition_version: 1 });
  const reports = createReports({ clickhouse: world.world.clickhouse });
  const refused = { code: 'bad_definition_version', field: 'definition_version' };
  await expect(reports.abandonment(asked)).rejects.toMatchObject(refused);
  await expect(reports.revenue(asked)).rejects.toMatchObject(refused);
  await expect(reports.explain('revenue', asked, { figure: 'currency=EUR,figure=timing' })).rejects.toMatchObject(
    refused,
  );
  expect((await reports.pipeline(asked)).definition_versions).toEqual([1]);
});
