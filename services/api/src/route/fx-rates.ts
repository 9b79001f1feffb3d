import { type FxRate, fxRateProblems } from '@cartledger/control';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { requireAdmin } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import { badRequest, malformedJson } from '../errors.ts';
import type { FxRates } from '../fx-rates.ts';
import { requestProblem } from '../problem.ts';
import { fxList, fxRate, fxTaken } from '../schema/fx.ts';
import { PROBLEMS } from '../schema/problem.ts';
import { security } from './stores.ts';

const { 400: bad, 401: unauthorized, 403: forbidden, 413: tooLarge, 503: unavailable } = PROBLEMS;

const MAX_RATES = 10_000;

const storeRoute = createRoute({
  method: 'post',
  path: '/api/v1/fx-rates',
  tags: ['Administration'],
  summary: 'Store rates of exchange (admin); those that are there already are replaced',
  description: `An array, or one object a line (application/x-ndjson); at most ${MAX_RATES} and 2 MiB. All of them are stored or, when one is wrong, none.`,
  security,
  request: {
    body: {
      required: true,
      content: {
        'application/json': { schema: z.array(fxRate) },
        'application/x-ndjson': { schema: z.string() },
      },
    },
  },
  responses: {
    200: { description: 'They are stored', content: { 'application/json': { schema: fxTaken } } },
    400: bad,
    401: unauthorized,
    403: forbidden,
    413: tooLarge,
    503: unavailable,
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/fx-rates',
  tags: ['Administration'],
  summary: 'Which rates of exchange are there; they are the same for all stores',
  security,
  responses: {
    200: { description: 'The rates, a line for each currency', content: { 'application/json': { schema: fxList } } },
    401: unauthorized,
    403: forbidden,
    503: unavailable,
  },
});

const parse = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw malformedJson();
  }
};

const bodyOf = (text: string, contentType: string): unknown =>
  contentType.startsWith('application/x-ndjson')
    ? text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map(parse)
    : parse(text);

const ratesOf = (body: unknown): FxRate[] => {
  const parsed = z.array(fxRate).max(MAX_RATES, `more than ${MAX_RATES} rates`).safeParse(body);
  if (!parsed.success) throw requestProblem(parsed.error.issues[0], body);
  return parsed.data.map(({ rate, ...rest }) => ({ ...rest, rate: String(rate) }));
};

export const addFxRoutes = (app: OpenAPIHono<ApiEnv>, fxRates: FxRates): void => {
  // Not app.openapi(): it would not read lines.
  app.openAPIRegistry.registerPath(storeRoute);
  app.post(storeRoute.getRoutingPath(), async (c) => {
    requireAdmin(c.get('caller'));
    const rates = ratesOf(bodyOf(await c.req.text(), c.req.header('content-type') ?? ''));
    for (const [i, rate] of rates.entries()) {
      const [problem] = fxRateProblems(rate);
      if (problem) throw badRequest(`${i}.${problem.field}`, `${i}.${problem.message}`);
    }
    await fxRates.store(rates);
    return answer(c, fxTaken, 200, { stored: rates.length });
  });
  app.openapi(listRoute, async (c) => answer(c, fxList, 200, { rates: await fxRates.list() }));
};
