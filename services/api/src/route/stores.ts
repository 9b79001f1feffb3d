import type { Control, Store } from '@cartledger/control';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { requireAdmin, storeFor } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import { PROBLEMS } from '../schema/problem.ts';
import { definitionChange, newStore, store, storeList } from '../schema/store.ts';

export const storeParams = z.object({
  store_id: z.string().openapi({ description: 'The store', example: 'shop' }),
});
export const security = [{ token: [] }];
const { 400: bad, 401: unauthorized, 403: forbidden, 404: missing, 409: conflict, 503: unavailable } = PROBLEMS;
const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { 'application/json': { schema } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores',
  tags: ['Stores'],
  summary: 'The stores the token may see: its own, or all with an admin token',
  security,
  responses: { 200: json('The stores, by id', storeList), 401: unauthorized, 403: forbidden, 503: unavailable },
});

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores/{store_id}',
  tags: ['Stores'],
  summary: 'One store, the definition its numbers are made by, and all versions of it',
  security,
  request: { params: storeParams },
  responses: { 200: json('The store', store), 401: unauthorized, 403: forbidden, 404: missing, 503: unavailable },
});

const createStoreRoute = createRoute({
  method: 'post',
  path: '/api/v1/stores',
  tags: ['Administration'],
  summary: 'Make a store (admin)',
  security,
  request: { body: { required: true, content: { 'application/json': { schema: newStore } } } },
  responses: {
    201: json('The store as it was made', store),
    400: bad,
    401: unauthorized,
    403: forbidden,
    409: conflict,
    503: unavailable,
  },
});

const defineRoute = createRoute({
  method: 'put',
  path: '/api/v1/stores/{store_id}/definition',
  tags: ['Administration'],
  summary: 'Change what a store’s numbers are made by (admin)',
  description:
    'Only what is given changes, on each day from `from` on: where the definition differs by day, each stretch of days gets a new version with its own values and the change, all at once. What is the case already makes none, so repeating a call changes nothing. Reports follow once the ledgers have been made again.',
  security,
  request: {
    params: storeParams,
    body: { required: true, content: { 'application/json': { schema: definitionChange } } },
  },
  responses: {
    200: json('The store as it is now, with all versions', store),
    400: bad,
    401: unauthorized,
    403: forbidden,
    404: missing,
    503: unavailable,
  },
});

const wire = ({ store_id, created_at, definition, versions }: Store) => ({
  store_id,
  created_at: new Date(created_at).toISOString(),
  definition,
  versions,
});

const summary = ({ store_id, definition }: Store) => {
  const { time_zone, currency, stages, idle_ms, abandon_ms, recovery_ms, targets, version } = definition;
  return {
    store_id,
    time_zone,
    currency,
    stages,
    idle_ms,
    abandon_ms,
    recovery_ms,
    targets,
    definition_version: version,
  };
};

export const addStoreRoutes = (app: OpenAPIHono<ApiEnv>, stores: Control['stores']): void => {
  app.openapi(listRoute, async (c) => {
    const { scope, store_id } = c.get('caller');
    const seen = scope === 'admin' ? await stores.list() : [await stores.get(store_id ?? '')];
    return answer(c, storeList, 200, { stores: seen.filter((s) => s !== null).map(summary) });
  });
  app.openapi(getRoute, async (c) => {
    const found = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    return answer(c, store, 200, wire(found));
  });
  app.openapi(createStoreRoute, async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id, ...given } = c.req.valid('json');
    return answer(c, store, 201, wire(await stores.create(store_id, given)));
  });
  app.openapi(defineRoute, async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id } = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    const { from = null, ...change } = c.req.valid('json');
    return answer(c, store, 200, wire(await stores.define(store_id, change, from)));
  });
};
