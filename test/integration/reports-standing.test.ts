import type { ClickHouse } from '@cartledger/clickhouse';
import { createQuality, createReports } from '@cartledger/reports';
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

/** ClickHouse whose ledgers have moved on each time somebody looks whether they stood still, as often as said. */
const movingTimes = (clickhouse: ClickHouse, times: number) => {
  const looks = { left: times, reads: 0 };
  const moving: ClickHouse = {
    ...clickhouse,
    query: async (query, params) => {
      if (query.name === 'store_state') looks.reads++;
      if (query.name === 'announced' && looks.left-- > 0) return [query.row.parse({ announced: `${2n ** 64n - 1n}` })];
      return clickhouse.query(query, params);
    },
  };
  return { looks, moving };
};

test('a report asked while ledgers move is read again, six times at most, and then says so', async () => {
  await world.createStore('moving');
  await world.take('moving', [
    at('2027-02-01T10:00:00', 'visit', { visitor_id: 'a' }),
    at('2027-02-01T10:02:00', 'add_to_cart', { visitor_id: 'a' }),
  ]);
  const asked = await world.query('moving', FEBRUARY);
  const { clickhouse } = world.world;
  const ask = async (kind: string, through: ClickHouse) => {
    const reports = createReports({ clickhouse: through });
    if (kind === 'quality') return createQuality({ clickhouse: through, rejections: async () => [] })(asked);
    if (kind === 'explain') return reports.explain('abandonment', asked, { figure: 'figure=created' });
    if (kind === 'funnel' || kind === 'abandonment' || kind === 'revenue') return reports[kind](asked);
    return reports.pipeline(asked);
  };
  for (const kind of ['funnel', 'abandonment', 'revenue', 'pipeline', 'explain', 'quality']) {
    const still = await ask(kind, clickhouse);
    expect(
      still.warnings.map(({ code }) => code),
      kind,
    ).not.toContain('ledgers_moving');
    const restless = movingTimes(clickhouse, Number.POSITIVE_INFINITY);
    const moved = await ask(kind, restless.moving);
    expect(restless.looks.reads, kind).toBe(6);
    // All that the report says is there; only how far it can be trusted is said besides.
    expect(moved, kind).toEqual({
      ...still,
      warnings: [...still.warnings, { code: 'ledgers_moving', message: expect.stringContaining('Ask again') }],
    });
    const settling = movingTimes(clickhouse, 5);
    expect(await ask(kind, settling.moving), kind).toEqual(still);
    expect(settling.looks.reads, kind).toBe(6);
  }
});
