import { createKeyCache } from '@cartledger/control';
import { createHasher } from '@cartledger/events';
import { errorResponse } from '@cartledger/service';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { DEFAULT_CONFIG } from '../config.ts';
import { createErased } from '../erased.ts';
import { addAuditRoute } from './audit.ts';
import { addBackfillRoutes } from './backfills.ts';
import { type AdminEnv, adminsOnly } from './caller.ts';
import { addDeadLetterRoutes } from './dead-letters.ts';
import { addDrainRoutes } from './drain.ts';
import { addErasureRoutes } from './erasures.ts';
import { bodyTooLarge, notFound, problemOf } from './errors.ts';
import { createLetterCatalog } from './letter-catalog.ts';
import { addQuarantineRoutes } from './quarantine.ts';
import { addRewindRoutes } from './rewind.ts';
import type { AdminRoutes, IngestAdminConfig, IngestAdminDeps } from './routes.ts';
import { addStatusRoute } from './status.ts';

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Operators' work on ingest over HTTP, for who has an admin key: to be mounted under /api/v1/ingest. Each file of
 * routes adds its own.
 */
export const createIngestAdmin = (
  deps: IngestAdminDeps,
  overrides: Partial<IngestAdminConfig> = {},
): Hono<AdminEnv> => {
  const config: IngestAdminConfig = { ...DEFAULT_CONFIG, ...overrides };
  const logger = deps.logger.child({ component: 'ingest-admin' });
  const app = new Hono<AdminEnv>();

  app.onError((error, c) => {
    const problem = problemOf(error);
    if (problem.status >= 500) logger.error({ err: error, path: c.req.path }, 'a request failed');
    return errorResponse(c, problem);
  });
  app.use('*', async (c, next) => {
    await next();
    c.res.headers.set('Cache-Control', 'no-store');
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
  });
  app.use('*', adminsOnly(createKeyCache(deps.control.keys, { now: deps.now })));
  app.use(
    '*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw bodyTooLarge(MAX_BODY_BYTES);
      },
    }),
  );

  const hasher = createHasher();
  // A rejection is met where the first request awaits it.
  hasher.catch(() => {});
  const catalog = createLetterCatalog({ log: deps.log, hasher }, { topic: config.deadLettersTopic });
  const erased = createErased({ erasures: deps.control.erasures, now: deps.now });
  const routes: AdminRoutes = { app, deps, config, hasher, catalog, erased };
  addStatusRoute(routes);
  addDeadLetterRoutes(routes);
  addQuarantineRoutes(routes);
  addAuditRoute(routes);
  addRewindRoutes(routes);
  addDrainRoutes(routes);
  addErasureRoutes(routes);
  addBackfillRoutes(routes);

  app.all('*', (c) => {
    throw notFound(c.req.path);
  });
  return app;
};
