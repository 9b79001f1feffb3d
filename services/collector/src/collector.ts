import { type Control, createKeyCache } from '@cartledger/control';
import type { EventLog } from '@cartledger/event-log';
import { type Clock, errorResponse, type Health, type Logger, type Metrics, ServiceError } from '@cartledger/service';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import { createAdmission } from './admission.ts';
import { type Appender, createAppender } from './appender.ts';
import { incomingOf, receivedBy } from './arrival.ts';
import { readBody } from './body.ts';
import { COLLECTOR_DEFAULTS, type CollectorConfig } from './config.ts';
import { IMPORT_REQUEST_HEADER, identify } from './credentials.ts';
import { badMethod, stopping } from './errors.ts';
import { createJudge } from './judge.ts';
import { createRejectionCounts } from './rejection-counts.ts';
import type { Spool } from './spool.ts';
import { createSpoolingAppender } from './spooling-appender.ts';
import { createStoreRules } from './stores.ts';
import { createCollectorMetrics, createSpoolMetrics } from './telemetry.ts';

export type CollectorDeps = {
  log: Pick<EventLog, 'produce' | 'healthy'>;
  /** Takes events while the log is away. Without one they are refused then. Stopped by its owner, after the collector. */
  spool?: Spool;
  control: {
    keys: Pick<Control['keys'], 'verify'>;
    stores: Pick<Control['stores'], 'get'>;
    rejections: Pick<Control['rejections'], 'add'>;
  };
  metrics: Metrics;
  logger: Logger;
  /** Gets the check `event_log`. */
  health?: Health;
  now?: Clock;
};

export type Collector = {
  readonly app: Hono;
  /** Takes no more; resolves when what was being taken in is answered, and the counts of what was rejected are stored. */
  stop(): Promise<void>;
};

/** Where good events go. */
const appenderFor = ({ log, spool, logger, metrics }: CollectorDeps, config: CollectorConfig, now: Clock): Appender => {
  if (!spool) return createAppender({ log, logger, now }, config.topic);
  const told = createSpoolMetrics({ metrics, spool, now }, () => appender.state);
  const appender = createSpoolingAppender({ log, spool, logger, now, ...told }, config);
  return appender;
};

/**
 * The door for storefronts, `POST /v1/events`: key, limits, validation, append to the event log, and only then 202.
 * An event answered as accepted is in the log, or in the spool on its way there; every other is answered with its reason.
 */
export const createCollector = (deps: CollectorDeps, given: Partial<CollectorConfig> = {}): Collector => {
  const { control, logger, health, now = Date.now } = deps;
  const config = { ...COLLECTOR_DEFAULTS, ...given };
  const metrics = createCollectorMetrics(deps.metrics);
  const keys = createKeyCache(control.keys, { now });
  const judge = createJudge(createStoreRules(control.stores, now));
  const admission = createAdmission(config, now);
  const appender = appenderFor(deps, config, now);
  const rejections = createRejectionCounts({ rejections: control.rejections, logger });
  const inFlight = new Set<Promise<Response>>();
  let isStopping = false;

  health?.check('event_log', async () => (await appender.problem()) ?? true);

  const bodyLimits = {
    timeoutMs: config.bodyTimeoutMs,
    graceMs: config.bodyGraceMs,
    minBytesPerSecond: config.minBodyBytesPerSecond,
  };
  const limitsOf = (imported: boolean) =>
    imported
      ? { maxBytes: config.maxImportBytes, maxInflatedBytes: config.maxImportBytes, maxEvents: config.maxImportEvents }
      : { maxBytes: config.maxBodyBytes, maxInflatedBytes: config.maxInflatedBytes, maxEvents: config.maxEvents };

  const take = async (c: Context): Promise<Response> => {
    const receivedAt = now();
    const sender = await identify(c.req, keys);
    const { imported } = sender;
    const { maxEvents, ...sizes } = limitsOf(imported);
    const admitted = admission.admit(sender.key);
    try {
      const body = await readBody(c.req, { ...sizes, ...bodyLimits }, admitted.budget, receivedBy(c.env));
      try {
        metrics.bytes.inc(body.bytes.byteLength);
        admitted.spendBytes(body.bytes.byteLength);
        const judged = await judge(body.bytes, { ...sender, receivedAt, maxEvents });
        admitted.spendEvents(judged.events);
        const { records, rejected } = judged;
        await appender.append(records, { imported });
        metrics.count(records.length, rejected, judged.junk);
        rejections.count(judged.turnedAway, receivedAt);
        return c.json({ accepted: records.length, rejected }, 202, { 'Cache-Control': 'no-store' });
      } finally {
        body.release();
      }
    } finally {
      admitted.leave();
    }
  };

  const app = new Hono();
  app.use(
    '/v1/events',
    cors({
      origin: config.allowedOrigins === '*' ? '*' : [...config.allowedOrigins],
      allowMethods: ['POST'],
      allowHeaders: ['Authorization', 'Content-Type', 'Content-Encoding', 'X-Write-Key', IMPORT_REQUEST_HEADER],
      exposeHeaders: ['Retry-After'],
      maxAge: 86_400,
    }),
  );
  app.use('/v1/events', async (c, next) => {
    const stop = metrics.seconds.startTimer();
    await next();
    stop();
    // What is still to come of a refused body is not read: the connection ends with the answer.
    if (incomingOf(c.env)?.complete === false) c.header('Connection', 'close');
    metrics.requests.inc({ status: String(c.res.status) });
  });
  app.post('/v1/events', async (c) => {
    if (isStopping) throw stopping();
    const answer = take(c);
    inFlight.add(answer);
    try {
      return await answer;
    } finally {
      inFlight.delete(answer);
    }
  });
  app.all('/v1/events', () => {
    throw badMethod();
  });
  app.onError((error, c) => {
    if (error instanceof ServiceError) return errorResponse(c, error);
    logger.error({ err: error }, 'a request failed');
    return errorResponse(c, new ServiceError('internal', 500, 'Something failed here. Send the events again later.'));
  });

  return {
    app,
    async stop() {
      isStopping = true;
      await Promise.allSettled(inFlight);
      await appender.stop();
      await rejections.flush();
    },
  };
};
