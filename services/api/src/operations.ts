import { INGEST_BASE, INGEST_ROUTES, NO_BODY, type Route } from '@cartledger/operations';
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import type { ApiEnv } from './env.ts';
import { PROBLEMS, problem } from './schema/problem.ts';

/** The tag of all of them. */
export const INGEST_TAG = {
  name: 'Ingest',
  description:
    'Operators’ work on the way of events from the log into ClickHouse, for admin tokens. Served where ingest runs: in standalone on the same port as everything else, otherwise by the service ingest on its own (CARTLEDGER_INGEST_PORT).',
};

const SERVERS = [
  { url: '/', description: 'Standalone' },
  {
    url: 'http://{host}:{port}',
    description: 'The service ingest',
    variables: { host: { default: '127.0.0.1' }, port: { default: '8402' } },
  },
];

const responsesOf = ({ status, answer, isStream, body, refusals = {} }: Route): RouteConfig['responses'] => ({
  [status]: {
    description: answer.description ?? (isStream ? 'A line of JSON each' : ''),
    content: { [isStream ? 'application/x-ndjson' : 'application/json']: { schema: answer } },
  },
  400: PROBLEMS[400],
  401: PROBLEMS[401],
  403: PROBLEMS[403],
  ...(refusals[404] && { 404: problem(refusals[404]) }),
  ...(refusals[409] && { 409: problem(refusals[409]) }),
  ...(body !== NO_BODY && { 413: PROBLEMS[413] }),
  503: PROBLEMS[503],
});

const configOf = (route: Route): RouteConfig => ({
  method: route.method === 'GET' ? 'get' : 'post',
  path: `${INGEST_BASE}${route.path}`,
  tags: [INGEST_TAG.name],
  summary: route.summary,
  ...(route.description !== undefined && { description: route.description }),
  servers: SERVERS,
  security: [{ adminToken: [] }],
  request: {
    query: route.query,
    ...(route.body !== NO_BODY && {
      body: { required: true, content: { 'application/json': { schema: route.body } } },
    }),
  },
  responses: responsesOf(route),
});

/** Ingest serves these itself; they are documented here so that there is one document. */
export const registerOperations = ({ openAPIRegistry: registry }: OpenAPIHono<ApiEnv>): void => {
  for (const route of INGEST_ROUTES) registry.registerPath(configOf(route));
};
