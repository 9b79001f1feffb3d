import type { Control } from '@cartledger/control';
import { parseTime } from '@cartledger/events';
import { FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import type { ReportQuery, Reports } from '@cartledger/reports';
import type { Clock } from '@cartledger/service';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answer } from '../answer.ts';
import { storeFor } from '../caller.ts';
import type { ApiEnv } from '../env.ts';
import { periodOf } from '../period.ts';
import { PROBLEMS } from '../schema/problem.ts';
import { abandonmentReport, funnelReport, revenueReport } from '../schema/report.ts';
import { security, storeParams } from './stores.ts';

const day = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'no day, give it as YYYY-MM-DD')
    .optional()
    .openapi({ description, format: 'date', example: '2026-11-22' });

const time = z.string().transform((text, context): number => {
  const ms = parseTime(/^\d+$/.test(text) ? Number(text) : text);
  if (ms !== null) return ms;
  context.addIssue({
    code: 'custom',
    message: 'no time, give RFC 3339 with an offset (percent-encode its +) or epoch ms',
  });
  return z.NEVER;
});

const period = z.strictObject({
  from: day('First local day; default: 29 days before `to`'),
  to: day('Last local day; default: today in the zone of the store'),
  as_of: time.optional().openapi({
    type: 'string',
    description: 'State at this time (RFC 3339 or epoch ms); default: how far the log has been taken in',
  }),
});

const funnelQuery = period.extend({
  unit: z.enum(FUNNEL_UNITS, `not one of ${FUNNEL_UNITS.join(', ')}`).optional(),
  mode: z.enum(FUNNEL_MODES, `not one of ${FUNNEL_MODES.join(', ')}`).optional(),
  window_ms: z
    .string()
    .regex(/^\d{1,13}$/, 'no whole number of ms')
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', description: 'One of the windows the store keeps' }),
});

const { 400: bad, 401: unauthorized, 403: forbidden, 404: missing, 409: notReady, 503: unavailable } = PROBLEMS;

const reportRoute = <N extends string, Q extends z.ZodObject, S extends z.ZodType>(
  name: N,
  summary: string,
  query: Q,
  schema: S,
) =>
  createRoute({
    method: 'get',
    path: `/api/v1/stores/{store_id}/reports/${name}` as const,
    tags: ['Reports'],
    summary,
    security,
    request: { params: storeParams, query },
    responses: {
      200: { description: 'The report', content: { 'application/json': { schema } } },
      400: bad,
      401: unauthorized,
      403: forbidden,
      404: missing,
      409: notReady,
      503: unavailable,
    },
  });

const funnelRoute = reportRoute('funnel', 'How many reach each stage', funnelQuery, funnelReport);
const abandonmentRoute = reportRoute(
  'abandonment',
  'Where carts are left, what was in them, and why',
  period,
  abandonmentReport,
);
const revenueRoute = reportRoute(
  'revenue',
  'How much money stands, is lost and is won at each stage, and the bridge to the orders',
  period,
  revenueReport,
);

type Given = z.output<typeof funnelQuery>;

export const addReportRoutes = (
  app: OpenAPIHono<ApiEnv>,
  { stores, reports, now }: { stores: Control['stores']; reports: Reports; now: Clock },
): void => {
  const queryOf = async (
    caller: ApiEnv['Variables']['caller'],
    id: string,
    { from, to, as_of, unit, mode, window_ms }: Given,
  ): Promise<ReportQuery> => {
    const { store_id, definition } = await storeFor(caller, id, stores);
    return {
      store_id,
      definition,
      ...periodOf({ from, to }, { timeZone: definition.time_zone, now: now() }),
      ...(as_of === undefined ? {} : { as_of }),
      ...(unit === undefined ? {} : { unit }),
      ...(mode === undefined ? {} : { mode }),
      ...(window_ms === undefined ? {} : { window_ms }),
    };
  };

  app.openapi(funnelRoute, async (c) => {
    const query = await queryOf(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, funnelReport, 200, await reports.funnel(query));
  });
  app.openapi(abandonmentRoute, async (c) => {
    const query = await queryOf(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, abandonmentReport, 200, await reports.abandonment(query));
  });
  app.openapi(revenueRoute, async (c) => {
    const query = await queryOf(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, revenueReport, 200, await reports.revenue(query));
  });
};
