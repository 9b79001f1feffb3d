import type { Control } from '@cartledger/control';
import type { Clock } from '@cartledger/service';
import { createRoute, type OpenAPIHono, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { answer } from '../answer.ts';
import type { ApiEnv } from '../env.ts';
import type { Reads } from '../reads.ts';
import { abandonmentReport } from '../schema/abandonment.ts';
import { explanation } from '../schema/explanation.ts';
import { funnelReport } from '../schema/funnel.ts';
import { pipelineReport } from '../schema/pipeline.ts';
import { READ_PROBLEMS } from '../schema/problem.ts';
import { qualityReport } from '../schema/quality.ts';
import { revenueReport } from '../schema/revenue.ts';
import { createAsked } from './asked.ts';
import { funnelQuery, pageQuery, periodQuery, pipelineQuery, revenueQuery } from './query.ts';
import { security, storeParams } from './stores.ts';

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
      ...READ_PROBLEMS,
    },
  });

const funnelRoute = reportRoute('funnel', 'How many reach each stage', funnelQuery, funnelReport);
const abandonmentRoute = reportRoute(
  'abandonment',
  'Where carts are left, what was in them, and why',
  periodQuery,
  abandonmentReport,
);
const revenueRoute = reportRoute(
  'revenue',
  'How much money stands, is lost and is won at each stage, and the bridge to the orders',
  revenueQuery,
  revenueReport,
);
const pipelineRoute = reportRoute(
  'pipeline',
  'Leads, conversion against targets, sales cycle, what stands, is won, lost and stale, and the bottleneck',
  pipelineQuery,
  pipelineReport,
);
const qualityRoute = reportRoute(
  'quality',
  'How good the data is, day by day, and how far the numbers can be trusted',
  periodQuery,
  qualityReport,
);

const explainRoute = <N extends string, Q extends z.ZodObject>(name: N, query: Q) =>
  reportRoute(
    `${name}/explain` as const,
    `The visitors, carts or orders behind one figure of the ${name} report, asked with the report’s own query`,
    query,
    explanation,
  );
const explainFunnelRoute = explainRoute('funnel', funnelQuery.extend(pageQuery));
const explainAbandonmentRoute = explainRoute('abandonment', periodQuery.extend(pageQuery));
const explainRevenueRoute = explainRoute('revenue', revenueQuery.extend(pageQuery));

type Page = { figure: string; limit?: number | undefined; cursor?: string | undefined };
const pageOf = ({ figure, limit, cursor }: Page) => ({
  figure,
  ...(limit !== undefined && { limit }),
  ...(cursor !== undefined && { cursor }),
});

export const addReportRoutes = (
  app: OpenAPIHono<ApiEnv>,
  { stores, reports, now }: { stores: Control['stores']; reports: Reads; now: Clock },
): void => {
  const asked = createAsked({ stores, now });

  app.openapi(funnelRoute, async (c) => {
    const query = await asked(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, funnelReport, 200, await reports.funnel(query, { signal: c.req.raw.signal }));
  });
  app.openapi(abandonmentRoute, async (c) => {
    const query = await asked(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, abandonmentReport, 200, await reports.abandonment(query));
  });
  app.openapi(revenueRoute, async (c) => {
    const query = await asked(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, revenueReport, 200, await reports.revenue(query));
  });
  app.openapi(pipelineRoute, async (c) => {
    const query = await asked(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, pipelineReport, 200, await reports.pipeline(query, { signal: c.req.raw.signal }));
  });
  app.openapi(qualityRoute, async (c) => {
    const query = await asked(c.get('caller'), c.req.valid('param').store_id, c.req.valid('query'));
    return answer(c, qualityReport, 200, await reports.quality(query));
  });
  const explained = async (
    c: Context<ApiEnv>,
    name: 'funnel' | 'abandonment' | 'revenue',
    store_id: string,
    given: Parameters<typeof asked>[2] & Page,
  ) => {
    const query = await asked(c.get('caller'), store_id, given);
    return answer(c, explanation, 200, await reports.explain(name, query, pageOf(given), { signal: c.req.raw.signal }));
  };
  app.openapi(explainFunnelRoute, (c) => explained(c, 'funnel', c.req.valid('param').store_id, c.req.valid('query')));
  app.openapi(explainAbandonmentRoute, (c) =>
    explained(c, 'abandonment', c.req.valid('param').store_id, c.req.valid('query')),
  );
  app.openapi(explainRevenueRoute, (c) => explained(c, 'revenue', c.req.valid('param').store_id, c.req.valid('query')));
};
