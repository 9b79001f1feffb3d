import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { NOW } from '../fake.ts';
import { createHarness, problemOf } from '../harness.ts';

const { setUp, stores } = createHarness();

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
    expect((await stores().control.stores.list()).length).toBe(2);
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
    expect(await stores().control.keys.verify(key)).toBeNull();
  });

  test('a key that sends events may have a rate of its own, which the list shows', async () => {
    const { call } = setUp();
    const made = { scope: 'events:write', events_per_second: 50 };
    expect((await call('admin', '/api/v1/stores/shop/keys', 'POST', made)).status).toBe(201);
    expect(await (await call('admin', '/api/v1/stores/shop/keys')).json()).toMatchObject({
      keys: expect.arrayContaining([expect.objectContaining({ events_per_second: 50, burst_events: 250 })]),
    });
  });

  test.each([
    [{ scope: 'events:write', events_per_second: 0 }, 'events_per_second'],
    [{ scope: 'reports:read', burst_events: 5 }, 'burst_events'],
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
    expect((await stores().control.stores.get('shop'))?.versions).toHaveLength(1);
  });

  test('a store that is not there has none to change', async () => {
    const { call } = setUp();
    expect((await call('admin', '/api/v1/stores/ghost/definition', 'PUT', { idle_ms: 5 })).status).toBe(404);
  });
});
