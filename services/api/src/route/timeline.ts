import type { Control } from '@cartledger/control';
import type { Timeline } from '@cartledger/funnel';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { storeFor } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import { badRequest } from '../errors.ts';
import type { Reads } from '../reads.ts';
import { restatements, timeline } from '../schema/explanation.ts';
import { READ_PROBLEMS } from '../schema/problem.ts';
import { day } from './query.ts';
import { security, storeParams } from './stores.ts';

const id = (description: string) => z.string().min(1, 'empty').max(500, 'too long').optional().openapi({ description });

const timelineQuery = z.strictObject({
  visitor_id: id('The visitor'),
  cart_key: id('The cart, by the key that reports and views print: `c-17`, `c-17#2`, `~visitor:event`'),
});

const timelineRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores/{store_id}/timeline',
  tags: ['Reports'],
  summary: 'The life of one visitor or cart: its events, its states, and the rule that decided each',
  description: 'Give visitor_id or cart_key. 404 when the store has no event of it.',
  security,
  request: { params: storeParams, query: timelineQuery },
  responses: {
    200: { description: 'The timeline', content: { 'application/json': { schema: timeline } } },
    ...READ_PROBLEMS,
  },
});

const restatementsRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores/{store_id}/restatements',
  tags: ['Reports'],
  summary: 'Figures that moved after their day had closed, and why',
  security,
  request: {
    params: storeParams,
    query: z.strictObject({
      from: day('First local day of the figures; default: all'),
      to: day('Last local day of the figures; default: all'),
    }),
  },
  responses: {
    200: { description: 'The restatements', content: { 'application/json': { schema: restatements } } },
    ...READ_PROBLEMS,
  },
});

const ofWhom = ({ visitor_id, cart_key }: z.output<typeof timelineQuery>): Timeline['of'] => {
  if (visitor_id !== undefined && cart_key === undefined) return { visitor_id };
  if (cart_key !== undefined && visitor_id === undefined) return { cart_key };
  throw badRequest('visitor_id', 'Whose timeline? Give one of visitor_id and cart_key.');
};

export const addTimelineRoutes = (
  app: OpenAPIHono<ApiEnv>,
  { stores, reports }: { stores: Control['stores']; reports: Reads },
): void => {
  app.openapi(timelineRoute, async (c) => {
    const store = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    return answer(c, timeline, 200, await reports.timeline(store, ofWhom(c.req.valid('query'))));
  });
  app.openapi(restatementsRoute, async (c) => {
    const { store_id } = await storeFor(c.get('caller'), c.req.valid('param').store_id, stores);
    const { from, to } = c.req.valid('query');
    const found = await reports.restatements({
      store_id,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    });
    return answer(c, restatements, 200, { restatements: found });
  });
};
