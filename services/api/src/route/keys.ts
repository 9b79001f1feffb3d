import type { Control } from '@cartledger/control';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { requireAdmin, storeFor } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import { unknownKey } from '../errors.ts';
import { PROBLEMS } from '../schema/problem.ts';
import { keyList, madeKey, newKey } from '../schema/store.ts';
import { security, storeParams } from './stores.ts';

const { 400: bad, 401: unauthorized, 403: forbidden, 404: missing, 503: unavailable } = PROBLEMS;
const refusals = { 401: unauthorized, 403: forbidden, 404: missing, 503: unavailable };

const createKeyRoute = createRoute({
  method: 'post',
  path: '/api/v1/stores/{store_id}/keys',
  tags: ['Administration'],
  summary: 'Make a key of a store (admin)',
  security,
  request: {
    params: storeParams,
    body: { required: true, content: { 'application/json': { schema: newKey } } },
  },
  responses: {
    201: { description: 'The key, this once', content: { 'application/json': { schema: madeKey } } },
    400: bad,
    ...refusals,
  },
});

const listKeysRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores/{store_id}/keys',
  tags: ['Administration'],
  summary: 'The keys of a store, without the keys themselves (admin)',
  security,
  request: { params: storeParams },
  responses: {
    200: { description: 'The oldest first', content: { 'application/json': { schema: keyList } } },
    ...refusals,
  },
});

const revokeKeyRoute = createRoute({
  method: 'delete',
  path: '/api/v1/stores/{store_id}/keys/{key_id}',
  tags: ['Administration'],
  summary: 'Revoke a key (admin); it is refused everywhere within seconds',
  security,
  request: {
    params: storeParams.extend({ key_id: z.string().openapi({ description: 'As the list of keys names it' }) }),
  },
  responses: { 204: { description: 'It is revoked' }, ...refusals },
});

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export const addKeyRoutes = (app: OpenAPIHono<ApiEnv>, { stores, keys }: Pick<Control, 'stores' | 'keys'>): void => {
  app.openapi(createKeyRoute, async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id } = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    const { scope, ...limits } = c.req.valid('json');
    return answer(c, madeKey, 201, { store_id, scope, ...(await keys.create(store_id, scope, limits)) });
  });
  app.openapi(listKeysRoute, async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id } = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    const listed = (await keys.list(store_id)).map(({ store_id: _, created_at, revoked_at, ...key }) => ({
      ...key,
      created_at: new Date(created_at).toISOString(),
      revoked_at: isoOrNull(revoked_at),
    }));
    return answer(c, keyList, 200, { keys: listed });
  });
  app.openapi(revokeKeyRoute, async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id, key_id } = c.req.valid('param');
    await storeFor(c.get('caller'), store_id, stores);
    const ofStore = (await keys.list(store_id)).some((key) => key.key_id === key_id);
    if (!ofStore || !(await keys.revoke(key_id))) throw unknownKey(key_id);
    return c.body(null, 204);
  });
};
