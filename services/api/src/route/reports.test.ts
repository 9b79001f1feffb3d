import { ClickHouseError } from '@cartledger/clickhouse';
import { parseExact } from '@cartledger/funnel';
import { ComponentTooLarge } from '@cartledger/history';
import { ReportError } from '@cartledger/reports';
import { describe, expect, test } from 'vitest';
import { HUGE } from '../fake.ts';
import { createHarness, problemOf } from '../harness.ts';

const { setUp, stores } = createHarness();
const REPORTS = ['funnel', 'abandonment', 'revenue', 'pipeline', 'quality'];
/** Personal data: who is behind a figure, and what became of somebody. */
const PERSONAL = [
  '/reports/funnel/explain?figure=stage%3Dvisit',
  '/reports/abandonment/explain?figure=figure%3Dlost',
  '/reports/revenue/explain?figure=currency%3DEUR',
  '/timeline?visitor_id=v',
  '/timeline?cart_key=c',
  '/restatements',
];

describe('reports', () => {
  test.each(REPORTS)('%s is answered to a read token of its store and to an admin token', async (name) => {
    const { call } = setUp();
    for (const token of ['read', 'admin'] as const) {
      const answer = await call(token, `/api/v1/stores/shop/reports/${name}?from=2026-11-01&to=2026-11-02`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toMatchObject({
        report: name,
        store_id: 'shop',
        from: '2026-11-01',
        to: '2026-11-02',
      });
    }
  });

  test('amounts past 2^53 are plain integers, exact to the unit', async () => {
    const { call } = setUp();
    const text = await (await call('read', '/api/v1/stores/shop/reports/abandonment')).text();
    expect(text).toContain(`{"EUR":${HUGE}}`);
    expect(parseExact(text)).toMatchObject({ points: [{ value: { EUR: HUGE } }] });
  });

  test('without a period it is the last 30 days of the store’s zone, where tomorrow may have begun', async () => {
    const { call, asked } = setUp();
    await call('read', '/api/v1/stores/shop/reports/funnel');
    await call('other', '/api/v1/stores/other/reports/funnel');
    await call('read', '/api/v1/stores/shop/reports/funnel?to=2026-03-01');
    await call('read', '/api/v1/stores/shop/reports/funnel?from=2026-11-20');
    expect(asked.map(({ from, to }) => [from, to])).toEqual([
      ['2026-10-25', '2026-11-23'],
      ['2026-10-24', '2026-11-22'],
      ['2026-01-31', '2026-03-01'],
      ['2026-11-20', '2026-11-23'],
    ]);
  });

  test('what is asked for reaches the report, and nothing else', async () => {
    const { call, asked } = setUp();
    const at = Date.UTC(2026, 10, 1);
    await call(
      'read',
      '/api/v1/stores/shop/reports/funnel?unit=session&mode=open&window_ms=5&as_of=2026-11-01T00:00:00Z',
    );
    await call('read', `/api/v1/stores/shop/reports/revenue?as_of=${at}`);
    expect(asked[0]).toMatchObject({ store_id: 'shop', unit: 'session', mode: 'open', window_ms: 5, as_of: at });
    expect(asked[1]).toMatchObject({ as_of: at, definition: { time_zone: 'Europe/Berlin' } });
    expect(asked[1]).not.toHaveProperty('unit');
  });

  test('a window may be said in words, a breakdown and a version asked for; all versions go along', async () => {
    const { call, asked } = setUp();
    await stores().control.stores.define('shop', { idle_ms: 5 }, '2026-11-01');
    const path = '/api/v1/stores/shop/reports/funnel';
    await call('read', `${path}?window=12h&breakdown=property:tier&breakdown_values=3&definition_version=1`);
    await call('read', `${path}?window=90s&window_ms=90000`);
    await call('read', '/api/v1/stores/shop/reports/pipeline?definition_version=2');
    expect(asked).toMatchObject([
      {
        window_ms: 43_200_000,
        breakdown: 'property:tier',
        breakdown_values: 3,
        definition_version: 1,
        definition: { version: 2 },
        versions: [
          { from: null, definition: { version: 1 } },
          { from: '2026-11-01', definition: { version: 2 } },
        ],
      },
      { window_ms: 90_000 },
      { definition_version: 2 },
    ]);
  });

  test.each(['abandonment', 'revenue', 'quality'])('%s cannot be counted by one version, and says so', async (name) => {
    const { call } = setUp();
    const refused = await problemOf(await call('read', `/api/v1/stores/shop/reports/${name}?definition_version=1`));
    expect(refused).toMatchObject({ field: 'definition_version' });
    expect(refused.message).toContain('carts keep the version of the day they were opened');
  });

  test.each([
    ['from=yesterday', 'from', '"yesterday"'],
    ['from=2026-1-1', 'from', 'YYYY-MM-DD'],
    ['to=', 'to', 'YYYY-MM-DD'],
    ['unit=person', 'unit', 'visitor, session, cart'],
    ['mode=loose', 'mode', 'ordered'],
    ['window_ms=-1', 'window_ms', '"-1"'],
    ['window_ms=1e3', 'window_ms', 'ms'],
    ['as_of=2026-11-01', 'as_of', 'RFC 3339'],
    ['window=1week', 'window', '"1week"'],
    ['window=7', 'window', '5d, 12h, 30m (milliseconds go in window_ms)'],
    ['window=1h&window_ms=5', 'window', 'one of them'],
    ['breakdown=colour', 'breakdown', 'property:NAME'],
    ['breakdown_values=many', 'breakdown_values', 'whole number'],
    ['definition_version=v2', 'definition_version', 'whole number'],
    ['form=2026-11-01', 'form', 'not known'],
  ])('%s is refused, naming %s and saying %s', async (query, field, said) => {
    const { call, asked } = setUp();
    const refused = await problemOf(await call('read', `/api/v1/stores/shop/reports/funnel?${query}`));
    expect(refused).toMatchObject({ status: 400, code: 'bad_request', field, message: expect.stringContaining(said) });
    expect(asked).toEqual([]);
  });

  test('a funnel’s options are unknown to the other reports', async () => {
    const { call } = setUp();
    expect((await call('read', '/api/v1/stores/shop/reports/revenue?unit=visitor')).status).toBe(400);
  });

  test('the day refunds count on reaches revenue and its explanations, and is answered; no other report knows it', async () => {
    const { call, asked } = setUp();
    const revenue = '/api/v1/stores/shop/reports/revenue';
    const answers = [];
    for (const query of ['', '?refunds_on=refund', '?refunds_on=order'])
      answers.push(await (await call('read', `${revenue}${query}`)).json());
    expect(answers).toMatchObject([{ refunds_on: 'refund' }, { refunds_on: 'refund' }, { refunds_on: 'order' }]);
    await call('admin', `${revenue}/explain?figure=currency%3DEUR,line%3Drefunds&refunds_on=order`);
    expect(asked.map(({ refunds_on }) => refunds_on)).toEqual([undefined, 'refund', 'order', 'order']);
    const refused = await problemOf(await call('read', `${revenue}?refunds_on=orders`));
    expect(refused).toMatchObject({ status: 400, code: 'bad_request', field: 'refunds_on' });
    expect(refused.message).toContain('"orders"');
    expect(refused.message).toContain('refund, order');
    for (const name of ['funnel', 'abandonment', 'pipeline', 'quality'])
      expect((await call('read', `/api/v1/stores/shop/reports/${name}?refunds_on=order`)).status).toBe(400);
  });

  test('a report that cannot be made says why', async () => {
    const { call, fail } = setUp();
    fail(new ReportError('bad_period', 'to', 'to (a) is before from (b)'));
    expect(await problemOf(await call('read', '/api/v1/stores/shop/reports/funnel'))).toEqual({
      status: 400,
      code: 'bad_period',
      field: 'to',
      message: 'to (a) is before from (b)',
    });
    for (const [code, status] of [
      ['several_versions', 409],
      ['details_removed', 409],
      ['no_such_version', 404],
      ['too_large', 422],
      ['bad_figure', 400],
      ['bad_cursor', 400],
      ['no_such_breakdown', 400],
    ] as const) {
      fail(new ReportError(code, 'figure', 'why'));
      expect(await problemOf(await call('read', `/api/v1/stores/shop${PERSONAL[0]}`))).toEqual({
        status,
        code,
        field: 'figure',
        message: 'why',
      });
    }
    fail(
      new ComponentTooLarge('shop', { nodes: 3_000_000, limit: 1_000_000, hub: { name: 'cart_id', id: 'undefined' } }),
    );
    expect(await problemOf(await call('read', '/api/v1/stores/shop/reports/funnel'))).toMatchObject({
      status: 409,
      code: 'component_too_large',
      message: expect.stringContaining('cart_id undefined'),
    });
    fail(new ReportError('not_ready', null, 'nothing yet'));
    const early = await call('read', '/api/v1/stores/shop/reports/funnel');
    expect(early.headers.get('retry-after')).toBe('5');
    expect(await problemOf(early)).toEqual({ status: 409, code: 'not_ready', message: 'nothing yet' });
  });

  test('a store of numbers that does not answer is 503; another failure 500 without its words', async () => {
    const { call, fail, logged } = setUp();
    fail(new ClickHouseError('unavailable', 'no connection to 10.0.0.7', { retriable: true }));
    const unavailable = await call('read', '/api/v1/stores/shop/reports/funnel');
    expect(unavailable.headers.get('retry-after')).toBe('5');
    expect(await problemOf(unavailable)).toMatchObject({ status: 503, code: 'unavailable' });
    fail(new Error('inner secret'));
    const failed = await problemOf(await call('read', '/api/v1/stores/shop/reports/funnel'));
    expect(failed).toMatchObject({ status: 500, code: 'internal' });
    expect(failed.message).not.toContain('secret');
    expect(logged()).toContain('inner secret');
  });
});

describe('explanations and timelines', () => {
  test('a figure is explained with the report’s own query, page by page, amounts exact', async () => {
    const { call, asked, also } = setUp();
    const answer = await call(
      'read',
      '/api/v1/stores/shop/reports/funnel/explain?figure=stage%3Dcheckout&limit=5&cursor=abc&unit=session&from=2026-11-01',
    );
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain(`"amount":${HUGE}`);
    expect(parseExact(text)).toMatchObject({ report: 'explanation', count: 1, next_cursor: 'more' });
    expect(also).toEqual([{ report: 'funnel', figure: 'stage=checkout', limit: 5, cursor: 'abc' }]);
    expect(asked).toMatchObject([{ store_id: 'shop', unit: 'session', from: '2026-11-01' }]);
    await call('read', '/api/v1/stores/shop/reports/revenue/explain?figure=currency%3DEUR%2Corders%3Dcount');
    expect(also.at(-1)).toEqual({ report: 'revenue', figure: 'currency=EUR,orders=count' });
  });

  test('a timeline is that of one visitor or one cart', async () => {
    const { call, also } = setUp();
    const answer = await call('read', '/api/v1/stores/shop/timeline?visitor_id=v%201');
    expect(await answer.json()).toMatchObject({ of: { visitor_id: 'v 1' }, entries: [{ rule: 'no_cart' }] });
    await call('read', '/api/v1/stores/shop/timeline?cart_key=~v%3Ae%231');
    expect(also).toEqual([{ visitor_id: 'v 1' }, { cart_key: '~v:e#1' }]);
    for (const query of ['', '?visitor_id=', '?visitor_id=a&cart_key=b', '?cart_key=b&day=2026-11-01'])
      expect((await call('read', `/api/v1/stores/shop/timeline${query}`)).status).toBe(400);
  });

  test('restatements are those of the days asked for', async () => {
    const { call, also } = setUp();
    const answer = await call('read', '/api/v1/stores/shop/restatements?from=2026-11-01');
    expect(await answer.json()).toMatchObject({ restatements: [{ figure: 'revenue EUR orders.count', to: '2' }] });
    await call('read', '/api/v1/stores/shop/restatements');
    expect(also).toEqual([{ store_id: 'shop', from: '2026-11-01' }, { store_id: 'shop' }]);
  });

  test.each(['', '?figure=', '?figure=stage%3Dvisit&limit=all', '?figure=stage%3Dvisit&stage=visit'])(
    'an explanation asked with %j is refused',
    async (query) => {
      const { call, also } = setUp();
      expect((await call('read', `/api/v1/stores/shop/reports/funnel/explain${query}`)).status).toBe(400);
      expect(also).toEqual([]);
    },
  );
});
