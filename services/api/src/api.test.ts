import { ClickHouseError } from '@cartledger/clickhouse';
import type { Delivery } from '@cartledger/events';
import { parseExact } from '@cartledger/funnel';
import { ComponentTooLarge } from '@cartledger/history';
import { ReportError } from '@cartledger/reports';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createApi } from './api.ts';
import { fakeFxRates, fakeReports, HUGE, NOW, noClickHouse, twoStores } from './fake.ts';

let stores: Awaited<ReturnType<typeof twoStores>>;
beforeEach(async () => {
  stores = await twoStores();
});
afterEach(() => stores.control.close());

type Token = keyof typeof stores.tokens;

const setUp = (events: () => AsyncIterable<Delivery> = async function* () {}) => {
  const { reports, asked, also, fail } = fakeReports();
  const { fxRates, stored } = fakeFxRates();
  let logged = '';
  const metrics = createMetrics();
  const api = createApi(
    {
      control: stores.control,
      reports,
      clickhouse: noClickHouse,
      exportEvents: events,
      fxRates,
      metrics,
      now: () => NOW,
      logger: createLogger({
        component: 'api',
        destination: {
          write: (line: string) => {
            logged += line;
          },
        },
      }),
    },
    { dashboardDir: '/nowhere' },
  );
  const call = async (token: Token | null, path: string, method = 'GET', body?: unknown): Promise<Response> =>
    api.app.request(path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${stores.tokens[token]}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return { api, call, asked, also, stored, fail, metrics, logged: () => logged };
};

const problem = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });
const problemOf = async (response: Response) => ({
  status: response.status,
  ...problem.parse(await response.json()).error,
});
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
    await stores.control.stores.define('shop', { idle_ms: 5 }, '2026-11-01');
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

describe('tenants', () => {
  const READS = ['', ...REPORTS.map((name) => `/reports/${name}`), ...PERSONAL];

  test.each(PERSONAL)('%s is answered to a read token of its store and to an admin token only', async (path) => {
    const { call, also } = setUp();
    expect((await call('read', `/api/v1/stores/shop${path}`)).status).toBe(200);
    expect((await call('admin', `/api/v1/stores/shop${path}`)).status).toBe(200);
    also.length = 0;
    expect((await call('write', `/api/v1/stores/shop${path}`)).status).toBe(403);
    expect((await call('other', `/api/v1/stores/shop${path}`)).status).toBe(404);
    expect((await call(null, `/api/v1/stores/shop${path}`)).status).toBe(401);
    expect(also).toEqual([]);
  });

  test.each(READS)('/stores/X%s: a foreign store and one that is not there get the same answer', async (path) => {
    const { call, asked, also } = setUp();
    const foreign = await call('read', `/api/v1/stores/other${path}`);
    const absent = await call('read', `/api/v1/stores/ghost${path}`);
    expect(foreign.status).toBe(404);
    expect((await foreign.text()).replaceAll('other', 'ghost')).toBe(await absent.text());
    expect([...foreign.headers]).toEqual([...absent.headers]);
    expect([...asked, ...also]).toEqual([]);
  });

  test('a read token sees its own store in the list only, an admin token all', async () => {
    const { call } = setUp();
    const list = async (token: Token) => await (await call(token, '/api/v1/stores')).json();
    expect(await list('read')).toMatchObject({ stores: [{ store_id: 'shop', time_zone: 'Europe/Berlin' }] });
    expect(await list('other')).toMatchObject({ stores: [{ store_id: 'other' }] });
    expect(await list('admin')).toMatchObject({ stores: [{ store_id: 'other' }, { store_id: 'shop' }] });
  });

  const ADMIN: [string, string, unknown][] = [
    ['POST', '/api/v1/stores', { store_id: 'new' }],
    ['POST', '/api/v1/stores/shop/keys', { scope: 'reports:read' }],
    ['POST', '/api/v1/stores/other/keys', { scope: 'reports:read' }],
    ['GET', '/api/v1/stores/shop/keys', undefined],
    ['DELETE', '/api/v1/stores/shop/keys/abc', undefined],
    ['PUT', '/api/v1/stores/shop/definition', { idle_ms: 5 }],
    ['POST', '/api/v1/fx-rates', []],
    ['GET', '/api/v1/stores/shop/events', undefined],
    ['GET', '/api/v1/stores/other/events', undefined],
  ];
  test.each(ADMIN)('%s %s needs an admin token', async (method, path, body) => {
    const { call } = setUp();
    expect(await problemOf(await call('read', path, method, body))).toMatchObject({ status: 403, code: 'wrong_scope' });
    expect((await stores.control.stores.list()).length).toBe(2);
  });

  test.each(['/api/v1/stores', '/api/v1/stores/shop', '/api/v1/stores/shop/reports/funnel', '/api/v1/nothing'])(
    '%s tells nothing to who has no token, a wrong one, or one that writes',
    async (path) => {
      const { call, api } = setUp();
      expect(await problemOf(await call(null, path))).toMatchObject({ status: 401, code: 'no_token' });
      expect(await problemOf(await call('write', path))).toMatchObject({ status: 403, code: 'wrong_scope' });
      for (const authorization of ['Bearer x', 'Basic eDp5', `Bearer ck_r_${'0'.repeat(12)}_${'A'.repeat(43)}`]) {
        const answer = await api.app.request(path, { headers: { authorization } });
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      }
    },
  );

  test.each(['shop%00', '..%2Fother', 'shop%2F..%2Fother', "shop'--", '%F0%9F%92%A9', 'x'.repeat(5_000)])(
    'a store named %j is none',
    async (id) => {
      const { call } = setUp();
      for (const token of ['read', 'admin'] as const) {
        const { status, code } = await problemOf(await call(token, `/api/v1/stores/${id}/reports/funnel`));
        expect([status, code]).toEqual([404, 'unknown_store']);
      }
    },
  );
});

describe('administration', () => {
  test('a store is made, and told as it was made', async () => {
    const { call } = setUp();
    const made = await call('admin', '/api/v1/stores', 'POST', {
      store_id: 'new',
      time_zone: 'europe/paris',
      idle_ms: 1_000,
    });
    expect(made.status).toBe(201);
    const body = await made.json();
    expect(body).toMatchObject({
      store_id: 'new',
      created_at: new Date(NOW).toISOString(),
      definition: { version: 1, time_zone: 'Europe/Paris', currency: 'EUR', idle_ms: 1_000 },
    });
    expect(await (await call('admin', '/api/v1/stores/new')).json()).toEqual(body);
  });

  test.each([
    [{ store_id: 'shop' }, 409, 'store_exists', 'store_id'],
    [{ store_id: 'No Store' }, 400, 'bad_store_id', 'store_id'],
    [{}, 400, 'bad_request', 'store_id'],
    [{ store_id: 5 }, 400, 'bad_request', 'store_id'],
    [{ store_id: 'new', time_zone: 'Mars' }, 400, 'bad_definition', 'time_zone'],
    [{ store_id: 'new', currency: 'eur' }, 400, 'bad_definition', 'currency'],
    [{ store_id: 'new', stages: ['buy'] }, 400, 'bad_definition', 'stages.0'],
    [{ store_id: 'new', stages: 'visit' }, 400, 'bad_request', 'stages'],
    [{ store_id: 'new', timezone: 'UTC' }, 400, 'bad_request', 'timezone'],
    [{ store_id: 'new', version: 5 }, 400, 'bad_request', 'version'],
    [[], 400, 'bad_request', undefined],
    ['{"store_id": ', 400, 'malformed_json', undefined],
  ])('%j is answered %i %s', async (body, status, code, field) => {
    const { call } = setUp();
    const refused = await problemOf(await call('admin', '/api/v1/stores', 'POST', body));
    expect(refused).toMatchObject({ status, code });
    expect(refused.field).toBe(field);
    expect((await stores.control.stores.list()).length).toBe(2);
  });

  test('a body over 64 KiB is refused', async () => {
    const { call } = setUp();
    const refused = await call('admin', '/api/v1/stores', 'POST', { store_id: 'x'.repeat(70_000) });
    expect(refused.status).toBe(413);
  });

  test('a key is made, works, is listed without itself, and works no more once revoked', async () => {
    const { call, api } = setUp();
    const made = await call('admin', '/api/v1/stores/shop/keys', 'POST', { scope: 'reports:read' });
    expect(made.status).toBe(201);
    const { key, key_id } = z.object({ key: z.string(), key_id: z.string() }).parse(await made.json());
    const withKey = (): Response | Promise<Response> =>
      api.app.request('/api/v1/stores/shop', { headers: { authorization: `Bearer ${key}` } });
    expect((await withKey()).status).toBe(200);

    const listed = await (await call('admin', '/api/v1/stores/shop/keys')).text();
    expect(listed).toContain(key_id);
    expect(listed).not.toContain(key);
    expect((await call('admin', `/api/v1/stores/other/keys/${key_id}`, 'DELETE')).status).toBe(404);
    expect((await call('admin', `/api/v1/stores/shop/keys/${key_id}`, 'DELETE')).status).toBe(204);
    expect((await call('admin', `/api/v1/stores/shop/keys/${key_id}`, 'DELETE')).status).toBe(404);
    expect(await stores.control.keys.verify(key)).toBeNull();
  });

  test.each([
    [{ scope: 'admin' }, 'scope'],
    [{ scope: 'everything' }, 'scope'],
    [{}, 'scope'],
  ])('a key for %j is refused', async (body, field) => {
    const { call } = setUp();
    const refused = await problemOf(await call('admin', '/api/v1/stores/shop/keys', 'POST', body));
    expect(refused).toMatchObject({ status: 400, field });
  });
});

describe('definitions', () => {
  test('a change is a new version from its day on; the store shows all of them', async () => {
    const { call } = setUp();
    const path = '/api/v1/stores/shop/definition';
    const changed = await call('admin', path, 'PUT', {
      stages: ['visit', 'gold', 'purchase'],
      stage_predicates: { gold: { type: 'visit', properties: [{ property: 'tier', in: ['gold'] }] } },
      targets: { purchase: 0.025 },
      from: '2026-11-01',
    });
    expect(changed.status).toBe(200);
    const body = await changed.json();
    expect(body).toMatchObject({
      definition: { version: 2, time_zone: 'Europe/Berlin', targets: { purchase: 0.025 } },
      versions: [
        { from: null, definition: { version: 1, stages: expect.arrayContaining(['checkout']) } },
        { from: '2026-11-01', definition: { version: 2, stages: ['visit', 'gold', 'purchase'] } },
      ],
    });
    expect(await (await call('read', '/api/v1/stores/shop')).json()).toEqual(body);
    // The same again changes nothing.
    expect(await (await call('admin', path, 'PUT', { targets: { purchase: 0.025 } })).json()).toEqual(body);
    const all = await (await call('admin', path, 'PUT', { idle_ms: 5, from: null })).json();
    // The days before keep their stages: each stretch of days has its own new version.
    expect(all).toMatchObject({
      definition: { version: 4, stages: ['visit', 'gold', 'purchase'], idle_ms: 5 },
      versions: [
        {},
        {},
        { from: null, definition: { version: 3, stages: expect.arrayContaining(['checkout']), idle_ms: 5 } },
        { from: '2026-11-01', definition: { version: 4 } },
      ],
    });
  });

  test.each([
    [{ stages: ['visit', 'gold'] }, 'bad_definition', 'stages.1'],
    [{ stage_predicates: 5 }, 'bad_definition', 'stage_predicates'],
    [{ stage_predicates: null }, 'bad_definition', 'stage_predicates'],
    [{ idle_ms: 9e9, currency: 'eur' }, 'bad_definition', 'currency'],
    [{ from: 'today', idle_ms: 5 }, 'bad_definition', 'from'],
    [{ targets: { visit: 2 } }, 'bad_definition', 'targets.visit'],
    [{ version: 7 }, 'bad_request', 'version'],
    [{ store_id: 'other' }, 'bad_request', 'store_id'],
    [{ bots: { exclude: true, max_carts_per_day: 5, max: 1 } }, 'bad_request', 'max'],
    [[], 'bad_request', undefined],
  ])('%j is refused as %s', async (change, code, field) => {
    const { call } = setUp();
    const refused = await problemOf(await call('admin', '/api/v1/stores/shop/definition', 'PUT', change));
    expect(refused).toMatchObject({ status: 400, code });
    expect(refused.field).toBe(field);
    expect((await stores.control.stores.get('shop'))?.versions).toHaveLength(1);
  });

  test('a store that is not there has none to change', async () => {
    const { call } = setUp();
    expect((await call('admin', '/api/v1/stores/ghost/definition', 'PUT', { idle_ms: 5 })).status).toBe(404);
  });
});

describe('rates of exchange', () => {
  const RATE = { source: 'ecb', day: '2026-11-01', currency: 'USD', base: 'EUR', rate: '0.921300000000000001' };

  test('are stored from an array or from lines, exactly as they were written', async () => {
    const { call, stored, api } = setUp();
    const answer = await call('admin', '/api/v1/fx-rates', 'POST', [RATE, { ...RATE, currency: 'JPY', rate: 0.0058 }]);
    expect([answer.status, await answer.json()]).toEqual([200, { stored: 2 }]);
    const lines = await api.app.request('/api/v1/fx-rates', {
      method: 'POST',
      headers: { authorization: `Bearer ${stores.tokens.admin}`, 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(RATE)}\n\n${JSON.stringify({ ...RATE, currency: 'KWD' })}\n`,
    });
    expect(await lines.json()).toEqual({ stored: 2 });
    expect(stored).toEqual([RATE, { ...RATE, currency: 'JPY', rate: '0.0058' }, RATE, { ...RATE, currency: 'KWD' }]);
    expect(await (await call('read', '/api/v1/fx-rates')).json()).toMatchObject({
      rates: [{ source: 'ecb', currency: 'USD', from: '2026-11-01' }, {}, {}, {}],
    });
  });

  test.each([
    [[RATE, { ...RATE, rate: '0' }], '1.rate'],
    [[{ ...RATE, day: '2026-02-30' }], '0.day'],
    [[{ ...RATE, rate: 1e-7 }], '0.rate'],
    [[{ ...RATE, rate: null }], '0.rate'],
    [[{ ...RATE, comment: 'x' }], 'comment'],
    [{ rates: [] }, undefined],
  ])('%j: one wrong and none is stored', async (body, field) => {
    const { call, stored } = setUp();
    const refused = await problemOf(await call('admin', '/api/v1/fx-rates', 'POST', body));
    expect([refused.status, refused.field]).toEqual([400, field]);
    expect(stored).toEqual([]);
  });

  test('more than fits is refused, and what is no JSON', async () => {
    const { call } = setUp();
    expect((await call('admin', '/api/v1/fx-rates', 'POST', '['.padEnd(2_200_000))).status).toBe(413);
    expect(await problemOf(await call('admin', '/api/v1/fx-rates', 'POST', '[{'))).toMatchObject({
      code: 'malformed_json',
    });
  });
});

describe('export', () => {
  const delivery = (event_id: string): Delivery => ({
    event_id,
    store_id: 'shop',
    type: 'visit',
    occurred_at: 1,
    received_at: 2,
    visitor_id: 'v',
    payload_hash: 2n ** 64n - 1n,
  });

  test('each kept event is one line, its hash exact', async () => {
    const { call } = setUp(async function* () {
      yield delivery('a');
      yield delivery('b');
    });
    const answer = await call('admin', '/api/v1/stores/shop/events');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map(parseExact)).toEqual([delivery('a'), delivery('b')]);
  });

  test('a store without events is exported as nothing', async () => {
    const { call } = setUp();
    const answer = await call('admin', '/api/v1/stores/shop/events');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  test('a HEAD opens no query that nobody would read', async () => {
    let opened = 0;
    const { call } = setUp(async function* () {
      opened++;
      yield delivery('a');
    });
    expect((await call('admin', '/api/v1/stores/shop/events', 'HEAD')).status).toBe(200);
    expect(opened).toBe(0);
  });

  test('a failure before the first line is an error, one later breaks the answer off', async () => {
    const early = setUp(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new ClickHouseError('unavailable', 'gone', { retriable: true })),
      }),
    }));
    expect((await early.call('admin', '/api/v1/stores/shop/events')).status).toBe(503);
    const late = setUp(async function* () {
      yield delivery('a');
      throw new ClickHouseError('unavailable', 'gone', { retriable: true });
    });
    const answer = await late.call('admin', '/api/v1/stores/shop/events');
    await expect(answer.text()).rejects.toThrow();
    expect(late.logged()).toContain('an export broke off');
  });

  test('events are read as they are sent, and no more once the reader has gone', async () => {
    let read = 0;
    let ended = false;
    const { call } = setUp(async function* () {
      try {
        for (;;) yield delivery(`event-${read++}`);
      } finally {
        ended = true;
      }
    });
    const answer = await call('admin', '/api/v1/stores/shop/events');
    const reader = answer.body?.getReader();
    await reader?.read();
    expect(read).toBeLessThan(5_000);
    await reader?.cancel();
    expect(ended).toBe(true);
  });
});

describe('every answer', () => {
  test.each(['/', '/funnel', '/openapi.json', '/api/v1/stores', '/nothing.js'])(
    '%s carries the headers that protect',
    async (path) => {
      const { call } = setUp();
      const { headers } = await call(null, path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBe(path === '/openapi.json' ? '*' : null);
    },
  );

  test('is counted by its route, never by the ids in its path', async () => {
    const { call, metrics } = setUp();
    await call('read', '/api/v1/stores/shop/reports/funnel');
    await call('read', '/api/v1/stores/other/reports/funnel');
    await call('read', '/api/v1/somewhere/else');
    await call(null, '/nothing.js');
    const text = await metrics.text();
    expect(text).toContain(
      'cartledger_api_requests_total{route="/api/v1/stores/:store_id/reports/funnel",status="200"} 1',
    );
    expect(text).toContain(
      'cartledger_api_requests_total{route="/api/v1/stores/:store_id/reports/funnel",status="404"} 1',
    );
    expect(text).not.toContain('other');
    expect(text).not.toContain('somewhere');
  });
});
