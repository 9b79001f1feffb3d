import type { Explanation } from '@cartledger/funnel';
import type { Explained, ReportQuery } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { abandonmentFigures, funnelFigures, type Reported, revenueFigures } from './explain-figures.ts';
import { SHOP } from './reports-shop.ts';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
let query: ReportQuery;

beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
  await world.createStore('shop', { stages: ['visit', 'add_to_cart', 'purchase'] });
  await world.take('shop', SHOP);
  query = await world.query('shop', { from: '2027-01-01', to: '2027-01-31' });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const allOf = async (report: Explained, asked: ReportQuery, figure: string, limit?: number): Promise<Explanation> => {
  const first = await world.reports.explain(report, asked, { figure, limit });
  const rows = [...first.rows];
  for (let cursor = first.next_cursor; cursor !== null; ) {
    const next = await world.reports.explain(report, asked, { figure, limit, cursor });
    rows.push(...next.rows);
    cursor = next.next_cursor;
  }
  return { ...first, rows, next_cursor: null };
};

/** What is listed, counted and summed is what the report says, whatever the page size. */
const expectExplained = async (report: Explained, asked: ReportQuery, figures: readonly Reported[]): Promise<void> => {
  const expectOne = async ({ figure, count, amount }: Reported): Promise<void> => {
    const explained = await allOf(report, asked, figure);
    const sum = explained.rows.reduce((total, row) => total + (row.amount ?? 0n), 0n);
    const said = { figure, rows: explained.rows.length, ...(count !== undefined && { count: explained.count }) };
    expect({ ...said, ...(amount !== undefined && { amount: explained.amount?.amount, sum }) }).toEqual({
      figure,
      rows: explained.count,
      ...(count !== undefined && { count }),
      ...(amount !== undefined && { amount, sum: amount }),
    });
    expect(new Set(explained.rows.map(({ id }) => id)).size, figure).toBe(explained.rows.length);
  };
  const left = [...figures];
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let next = left.shift(); next; next = left.shift()) await expectOne(next);
    }),
  );
};

test('every count of the funnel report is the number of units listed for it', async () => {
  for (const asked of [query, { ...query, breakdown: 'source', breakdown_values: 2 } as const])
    await expectExplained('funnel', asked, funnelFigures(await world.reports.funnel(asked)));
  const sessions = { ...query, unit: 'session' } as const;
  await expectExplained('funnel', sessions, funnelFigures(await world.reports.funnel(sessions)));
});

test('a stage that is listed twice is explained at each of its places', async () => {
  await world.createStore('again', { stages: ['visit', 'add_to_cart', 'visit'] });
  await world.take('again', [
    at('2027-01-05', 'visit', { visitor_id: 'a' }),
    at('2027-01-05T12:01', 'add_to_cart', { visitor_id: 'a', items: [item('A', 100)] }),
    at('2027-01-05T12:02', 'visit', { visitor_id: 'a' }),
    at('2027-01-05', 'visit', { visitor_id: 'b' }),
  ]);
  const asked = await world.query('again', { from: '2027-01-01', to: '2027-01-31' });
  const report = await world.reports.funnel(asked);
  expect(report.stages.map(({ units }) => units)).toEqual([2, 1, 1]);
  await expectExplained('funnel', asked, funnelFigures(report));
  expect((await allOf('funnel', asked, 'stage=visit#2')).rows.map(({ id }) => id)).toEqual(['a']);
});

test('every count and amount of the abandonment report is that of the carts listed for it', async () => {
  // Carts still open at T are of the last day of February.
  for (const asked of [query, { ...query, to: '2027-02-28' }])
    await expectExplained('abandonment', asked, abandonmentFigures(await world.reports.abandonment(asked)));
});

test('the rates of carts with a checkout are made of the counts listed for them', async () => {
  for (const asked of [query, { ...query, to: '2027-02-28' }]) {
    const count = async (name: string): Promise<number> => {
      const { count: said, rows } = await allOf('abandonment', asked, `figure=${name},checkout=true`);
      expect(rows).toHaveLength(said);
      return said;
    };
    const [created, abandoned, lost, purchased, recovered] = await Promise.all(
      ['created', 'abandoned', 'lost', 'purchased', 'recovered'].map(count),
    );
    const of = (...counts: (number | undefined)[]) => counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
    const { checkout } = await world.reports.abandonment(asked);
    expect(created).toBeGreaterThan(of(purchased, recovered));
    expect(checkout.abandonment_rate).toBeCloseTo(
      of(abandoned, lost, recovered) / of(abandoned, lost, recovered, purchased),
      6,
    );
    expect(checkout.recovery_rate).toBeCloseTo(of(recovered) / of(abandoned, lost, recovered), 6);
    expect(checkout.not_bought_rate).toBeCloseTo(1 - of(purchased, recovered) / of(created), 6);
  }
  for (const figure of [
    'reason=none,checkout=true',
    'figure=contactable,checkout=true',
    'figure=created,checkout=false',
  ])
    await expect(world.reports.explain('abandonment', query, { figure })).rejects.toMatchObject({ code: 'bad_figure' });
});

test('every count and amount of the revenue report is that of the carts, orders and refunds listed for it', async () => {
  for (const refunds_on of ['refund', 'order'] as const) {
    const asked = { ...query, refunds_on };
    await expectExplained('revenue', asked, revenueFigures(await world.reports.revenue(asked)));
  }
});

test('what stands behind a figure is named, dated and said in words', async () => {
  const explained = await allOf('abandonment', query, 'point=checkout.payment,currency=EUR');
  expect(explained).toMatchObject({
    of: 'abandonment point=checkout.payment,currency=EUR',
    unit: 'cart',
    count: 1,
    amount: { currency: 'EUR', amount: 1_000n },
    rows: [{ visitor_id: 'b', day: '2027-01-06', at: '2027-01-06T10:01:00.000Z', amount: 1_000n }],
  });
  expect(explained.rows[0]?.note).toBe('lost at checkout.payment (payment_declined)');

  const net = await allOf('revenue', query, 'orders=net,currency=EUR');
  expect(net.rows.map(({ id, amount, note }) => [id, amount, note])).toEqual([
    ['oh', 6_000n, `ordered cart ${await keyOf('h')}`],
    ['oa', 1_225n, 'ordered cart ca'],
    ['oc', 400n, `ordered cart ${await keyOf('c')}`],
    ['oe', 777n, 'without cart: other_channel, phone'],
    ['oa r0', -25n, 'refund'],
  ]);

  // h's cart was opened in December, g's is bought in February.
  const timing = await allOf('revenue', query, 'currency=EUR,figure=timing');
  expect(timing.rows.map(({ visitor_id, amount }) => [visitor_id, amount])).toEqual([
    ['h', 6_000n],
    ['g', -5_000n],
  ]);

  const units = await allOf('funnel', query, 'stage=purchase');
  expect(units.rows.map(({ id, note }) => [id, note])).toEqual([
    ['a', 'reached purchase in 15 min'],
    ['f', 'reached purchase in 2 min'],
  ]);
});

const keyOf = async (visitor: string): Promise<string | undefined> =>
  (await allOf('abandonment', { ...query, from: '2026-12-31' }, 'figure=created')).rows.find(
    ({ visitor_id }) => visitor_id === visitor,
  )?.id;

test('pages of any size list the same rows in the same order', async () => {
  for (const [report, figure] of [
    ['revenue', 'currency=EUR,orders=net'],
    ['abandonment', 'figure=created'],
    ['funnel', 'stage=visit,figure=units_any'],
  ] as const) {
    const whole = await allOf(report, query, figure);
    expect(whole.rows.length).toBeGreaterThan(3);
    for (const limit of [1, 2]) expect((await allOf(report, query, figure, limit)).rows).toEqual(whole.rows);
  }
});

test('later pages stand at the T of the first, until events after it are in the ledgers', async () => {
  await world.createStore('paged');
  const add = (visitor_id: string, time: string) => at(time, 'add_to_cart', { visitor_id, items: [item('A', 100)] });
  await world.take('paged', [add('a', '2027-01-05'), add('b', '2027-01-06'), add('c', '2027-01-20')]);
  const { as_of: _, ...now } = await world.query('paged', { from: '2027-01-01', to: '2027-01-31' });
  const figure = 'figure=created';
  const page = (asked: ReportQuery, cursor?: string) =>
    world.reports.explain('abandonment', asked, { figure, limit: 1, cursor });
  const cursorOf = ({ next_cursor }: Explanation): string => {
    if (next_cursor === null) throw new Error('there are no more pages');
    return next_cursor;
  };

  // As if the log had been taken in up to then, and no event had come.
  const T = Date.parse('2027-01-25T00:00:00Z');
  const first = await page({ ...now, as_of: T });
  const later = await page({ ...now, as_of: T }, cursorOf(first));
  expect(later).toMatchObject({ as_of: '2027-01-25T00:00:00.000Z', rows: [{ visitor_id: 'b' }] });
  const open = await page(now);
  const second = await page(now, cursorOf(open));
  expect([second.as_of, second.rows[0]?.visitor_id]).toEqual([open.as_of, 'b']);

  // One that is late moves what has been taken in, not the last event.
  await world.world.takenIn(Date.parse('2027-01-30T00:00:00Z'));
  await world.take('paged', [{ ...add('d', '2027-01-19'), received_at: Date.parse('2027-01-29T00:00:00Z') }]);
  expect(await page(now)).toMatchObject({ as_of: '2027-01-30T00:00:00.000Z', count: 4 });
  const third = await page(now, cursorOf(second));
  expect([third.as_of, third.rows[0]?.visitor_id]).toEqual([open.as_of, 'd']);

  await world.take('paged', [add('e', '2027-02-20')]);
  for (const asked of [now, { ...now, as_of: Date.parse(open.as_of) }])
    await expect(page(asked, cursorOf(second))).rejects.toMatchObject({
      code: 'bad_cursor',
      field: 'cursor',
      message: expect.stringContaining('begin again without cursor'),
    });
});

test('a cursor of another figure or query leads nowhere', async () => {
  const { next_cursor } = await world.reports.explain('abandonment', query, { figure: 'figure=created', limit: 1 });
  if (next_cursor === null) throw new Error('there is one page only');
  const refused = { code: 'bad_cursor', field: 'cursor' };
  for (const [asked, figure, cursor] of [
    [query, 'figure=lost', next_cursor],
    [{ ...query, to: '2027-01-30' }, 'figure=created', next_cursor],
    [query, 'figure=created', `${next_cursor}x`.slice(2)],
    [query, 'figure=created', ''],
  ] as const)
    await expect(world.reports.explain('abandonment', asked, { figure, cursor })).rejects.toMatchObject(refused);
});

test('what is no figure is refused by its field, its value and what is allowed', async () => {
  const refusal = (report: Explained, figure: string) =>
    world.reports.explain(report, query, { figure }).then(
      () => null,
      (error: Error) => error.message,
    );
  expect(await refusal('funnel', 'stage=chekout')).toBe(
    'figure: stage is "chekout"; give one of visit, add_to_cart, purchase',
  );
  expect(await refusal('funnel', 'visits')).toContain('pair is "visits"; give key=value');
  expect(await refusal('funnel', 'stage=visit,value=mail')).toContain('needs the breakdown');
  expect(await refusal('funnel', 'stage=visit,currency=EUR')).toContain('currency is "EUR"; beside it');
  expect(await refusal('abandonment', 'figure=sold')).toContain('figure is "sold"');
  expect(await refusal('abandonment', 'product=A,figure=value_left')).toContain('say of which currency');
  expect(await refusal('revenue', 'orders=net')).toContain('currency=EUR');
  expect(await refusal('revenue', 'currency=EUR,line=taxes')).toContain('line is "taxes"; give one of joined_carts');
  for (const limit of [0, 1_001, 1.5])
    await expect(
      world.reports.explain('abandonment', query, { figure: 'figure=created', limit }),
    ).rejects.toMatchObject({ code: 'bad_limit' });
});
