import type { Control } from '@cartledger/control';
import type { Delivery } from '@cartledger/events';
import { stringifyExact } from '@cartledger/funnel';
import type { Logger } from '@cartledger/service';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { requireAdmin, storeFor } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import type { EventExport } from '../event-export.ts';
import { PROBLEMS } from '../schema/problem.ts';
import { security, storeParams } from './stores.ts';

const { 401: unauthorized, 403: forbidden, 404: missing, 503: unavailable } = PROBLEMS;

const exportRoute = createRoute({
  method: 'get',
  path: '/api/v1/stores/{store_id}/events',
  tags: ['Administration'],
  summary: 'The kept delivery of every event of a store, one JSON object a line, a visitor’s together (admin)',
  security,
  request: { params: storeParams },
  responses: {
    200: {
      description: 'The events. An answer that is cut off (its last chunk missing) is not all of them',
      content: { 'application/x-ndjson': { schema: z.string() } },
    },
    401: unauthorized,
    403: forbidden,
    404: missing,
    503: unavailable,
  },
});

const CHUNK_CHARACTERS = 64 * 1024;

/** Lines in chunks of a sensible size, made as they are asked for. */
const chunksOf = async function* (
  first: IteratorResult<Delivery>,
  rest: AsyncIterator<Delivery>,
): AsyncGenerator<string> {
  let chunk = '';
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      chunk += `${stringifyExact(next.value)}\n`;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = '';
    }
    if (chunk !== '') yield chunk;
  } finally {
    // Also when the reader goes away: the query is cancelled.
    await rest.return?.();
  }
};

export const addEventRoutes = (
  app: OpenAPIHono<ApiEnv>,
  { stores, exportEvents, logger }: { stores: Control['stores']; exportEvents: EventExport; logger: Logger },
): void => {
  // Not app.openapi(): its types know no streams.
  app.openAPIRegistry.registerPath(exportRoute);
  app.get(exportRoute.getRoutingPath(), async (c) => {
    requireAdmin(c.get('caller'));
    const { store_id } = await storeFor(c.get('caller'), c.req.param('store_id'), stores);
    const headers = { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' };
    // Nobody would read the events of a HEAD, and their query would stay open.
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const events = exportEvents(store_id)[Symbol.asyncIterator]();
    // Asked for before the answer begins, so that a failure to begin is an error and no broken answer.
    const chunks = chunksOf(await events.next(), events);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { value, done } = await chunks.next();
          if (done === true) controller.close();
          else controller.enqueue(encoder.encode(value));
        } catch (error) {
          logger.error({ err: error, store_id }, 'an export broke off');
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return(undefined);
      },
    });
    return c.body(body, 200, headers);
  });
};
