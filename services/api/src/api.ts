import type { ClickHouse } from '@cartledger/clickhouse';
import { type Control, createKeyCache } from '@cartledger/control';
import { type Clock, errorResponse, type Health, type Logger, type Metrics } from '@cartledger/service';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { routePath } from 'hono/route';
import { identifyCaller } from './caller.ts';
import type { ApiConfig } from './config.ts';
import { createDashboard } from './dashboard.ts';
import { DOCUMENT, registerShared } from './document.ts';
import type { ApiEnv } from './env.ts';
import { bodyTooLarge, notFound } from './errors.ts';
import { createEventExport, type EventExport } from './event-export.ts';
import { createFxRates, type FxRates } from './fx-rates.ts';
import { problemOf, requestProblem } from './problem.ts';
import type { Reads } from './reads.ts';
import { addEventRoutes } from './route/events.ts';
import { addFxRoutes } from './route/fx-rates.ts';
import { addKeyRoutes } from './route/keys.ts';
import { addReportRoutes } from './route/reports.ts';
import { addStoreRoutes } from './route/stores.ts';
import { addTimelineRoutes } from './route/timeline.ts';

export type ApiDeps = {
  control: Pick<Control, 'stores' | 'keys' | 'healthy'>;
  clickhouse: Pick<ClickHouse, 'stream' | 'ping' | 'query' | 'insertNative'>;
  reports: Reads;
  metrics: Metrics;
  logger: Logger;
  /** Gets the checks `control` and `clickhouse`. */
  health?: Health;
  /** Default: from ClickHouse. */
  exportEvents?: EventExport;
  /** Default: in ClickHouse. */
  fxRates?: FxRates;
  now?: Clock;
};

export type Api = {
  readonly app: Hono<ApiEnv>;
  /** The OpenAPI document, as served at /openapi.json. */
  document(): object;
  /** Nothing runs between requests; here for the shape all services have. */
  stop(): Promise<void>;
};

const MAX_BODY_BYTES = 64 * 1024;
/** Years of rates are sent in one go. */
const MAX_RATES_BYTES = 2 * 1024 * 1024;
const RATES_PATH = '/api/v1/fx-rates';

/** Reports, stores and keys over HTTP, their OpenAPI document, and the dashboard. */
export const createApi = (deps: ApiDeps, config: ApiConfig): Api => {
  const { control, clickhouse, reports, metrics, logger, health, now = Date.now } = deps;
  const exportEvents = deps.exportEvents ?? createEventExport({ clickhouse });
  const requests = metrics.counter('cartledger_api_requests_total', 'Requests by route and status', [
    'route',
    'status',
  ]);
  const seconds = metrics.histogram('cartledger_api_request_seconds', 'Time to answer a request', ['route']);

  health?.check('control', async () => (await control.healthy()) || 'the control store does not answer');
  health?.check('clickhouse', async () => (await clickhouse.ping()) || 'ClickHouse does not answer');

  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: async (result, c) => {
      if (result.success) return;
      const input: unknown =
        result.target === 'json' ? await c.req.json() : result.target === 'param' ? c.req.param() : c.req.query();
      throw requestProblem(result.error.issues[0], input);
    },
  });

  app.use('*', async (c, next) => {
    const startedAt = performance.now();
    await next();
    // The route as registered, never the path: ids in it would be labels without end.
    const route = routePath(c);
    requests.inc({ route, status: String(c.res.status) });
    seconds.observe({ route }, (performance.now() - startedAt) / 1_000);
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    c.res.headers.set('Referrer-Policy', 'no-referrer');
    c.res.headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    c.res.headers.set('X-Frame-Options', 'DENY');
    if (!c.res.headers.has('Content-Security-Policy')) {
      c.res.headers.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    }
  });
  app.onError((error, c) => {
    const problem = problemOf(error);
    if (problem.status >= 500) logger.error({ err: error, route: routePath(c) }, 'a request failed');
    return errorResponse(c, problem);
  });

  const limit = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw bodyTooLarge(maxSize);
      },
    });
  const small = limit(MAX_BODY_BYTES);
  const large = limit(MAX_RATES_BYTES);
  app.use('/api/*', (c, next) => (c.req.path === RATES_PATH ? large : small)(c, next));
  app.use('/api/*', identifyCaller(createKeyCache(control.keys, { now })));
  addStoreRoutes(app, control.stores);
  addKeyRoutes(app, control);
  addReportRoutes(app, { stores: control.stores, reports, now });
  addTimelineRoutes(app, { stores: control.stores, reports });
  addFxRoutes(app, deps.fxRates ?? createFxRates({ clickhouse }));
  addEventRoutes(app, { stores: control.stores, exportEvents, logger });
  registerShared(app);
  app.all('/api/*', (c) => {
    throw notFound(c.req.path);
  });

  const document = (): object => app.getOpenAPI31Document(DOCUMENT);
  let text: string | null = null;
  app.get('/openapi.json', (c) => {
    text ??= JSON.stringify(document());
    return c.body(text, 200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache',
      'Access-Control-Allow-Origin': '*',
    });
  });
  app.route('/', createDashboard(config.dashboardDir));
  app.notFound((c) => errorResponse(c, notFound(c.req.path)));

  return { app, document, stop: () => Promise.resolve() };
};
