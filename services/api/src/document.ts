import { CHECKOUT_STEPS, REFUND_KINDS, REJECT_CODES, SOURCES } from '@cartledger/events';
import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { INGEST_TAG, registerOperations } from './operations.ts';
import { PROBLEMS } from './schema/problem.ts';

const event = z
  .looseObject({
    event_id: z.string().openapi({ description: 'Names the event; the same again is the same event' }),
    store_id: z.string().optional().openapi({ description: "Default: the key's store" }),
    type: z.string().openapi({ description: 'What happened', example: 'add_to_cart' }),
    occurred_at: z
      .union([z.iso.datetime(), z.number().openapi({ type: 'integer' })])
      .openapi({ description: 'The client’s time, RFC 3339 or epoch ms' }),
    visitor_id: z.string().openapi({ description: 'Anonymous browser or device' }),
    cart_id: z.string().optional().openapi({ description: 'The shop’s id of the cart' }),
    order_id: z.string().optional().openapi({ description: 'On purchase and refund' }),
    checkout_step: z.enum(CHECKOUT_STEPS).optional().openapi({ description: 'On checkout; default start' }),
    kind: z.enum(REFUND_KINDS).optional().openapi({ description: 'On refund; default refund' }),
    source: z.enum(SOURCES).optional().openapi({ description: 'Who sends it; default server' }),
  })
  .openapi('Event', { description: 'The main fields only; schemas/events has all of them, type by type' });

const taken = z
  .object({
    accepted: z.number().openapi({ type: 'integer', description: 'In the event log from now on' }),
    rejected: z
      .array(
        z
          .object({
            index: z.number().openapi({ type: 'integer', description: 'Place in the request, from 0' }),
            event_id: z.string().nullable().openapi({ description: 'As sent; null when it has none' }),
            code: z.string().openapi({ description: 'The reason', enum: [...REJECT_CODES] }),
            field: z.string().openapi({ description: 'The field that is wrong' }),
            message: z.string().openapi({ description: 'What is wrong, and what would do' }),
          })
          .openapi({ description: 'One event' }),
      )
      .openapi({ description: 'What was not taken in' }),
  })
  .openapi('Taken', { description: 'What became of the events sent' });

/** The collector's door, documented here so that there is one document. */
const collect: RouteConfig = {
  method: 'post',
  path: '/v1/events',
  tags: ['Events'],
  summary: 'Send events; each is taken in or rejected by itself',
  description:
    'At most 1,000 events and 1 MiB (4 MiB unpacked) in one request, 64 KiB an event. Content-Encoding may be gzip, deflate or br. An event sent twice counts once, so after any failure send all of them again. With an admin key and `cartledger-import: 1` each event keeps its own `received_at` and may be of any age.',
  security: [{ writeKey: [] }, { writeKeyHeader: [] }, { writeKeyQuery: [] }],
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.union([
            z.array(event),
            z.object({ events: z.array(event).openapi({ description: 'The events' }) }),
            event,
          ]),
        },
      },
    },
  },
  responses: {
    202: { description: 'What was taken in and what was not', content: { 'application/json': { schema: taken } } },
    400: PROBLEMS[400],
    401: PROBLEMS[401],
    403: PROBLEMS[403],
    413: PROBLEMS[413],
    415: PROBLEMS[415],
    429: PROBLEMS[429],
    503: PROBLEMS[503],
  },
};

/** Adds what no route of the API brings along; call it once. */
export const registerShared = (app: OpenAPIHono<ApiEnv>): void => {
  const { openAPIRegistry: registry } = app;
  const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description }) as const;
  registry.registerComponent('securitySchemes', 'token', bearer('A read token of the store, or an admin token'));
  registry.registerComponent('securitySchemes', 'adminToken', bearer('An admin token'));
  registry.registerComponent('securitySchemes', 'writeKey', bearer('A write key of the store'));
  registry.registerComponent('securitySchemes', 'writeKeyHeader', {
    type: 'apiKey',
    in: 'header',
    name: 'X-Write-Key',
  });
  registry.registerComponent('securitySchemes', 'writeKeyQuery', {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description: 'For sendBeacon, which can set no header',
  });
  registry.registerPath(collect);
  registerOperations(app);
};

export const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Cartledger',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      'Funnel, cart abandonment and revenue by stage that add up to the orders. Money is a whole number of minor units and may pass 2^53: read it with a parser that keeps integers exact.',
  },
  servers: [{ url: '/' }],
  tags: [{ name: 'Events' }, { name: 'Reports' }, { name: 'Stores' }, { name: 'Administration' }, INGEST_TAG],
};
