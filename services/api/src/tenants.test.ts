import { describe, expect, test } from 'vitest';
import { createHarness, problemOf } from './harness.ts';

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
    const list = async (token: keyof ReturnType<typeof stores>['tokens']) =>
      await (await call(token, '/api/v1/stores')).json();
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
    expect((await stores().control.stores.list()).length).toBe(2);
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
