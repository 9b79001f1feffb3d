import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAggregator } from '@cartledger/aggregator';
import { createApi, createReads } from '@cartledger/api';
import { migrate } from '@cartledger/clickhouse';
import { createCollector } from '@cartledger/collector';
import { DEAD_LETTERS_RETENTION, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import { createIngest, createIngestAdmin, createQuarantine } from '@cartledger/ingest';
import { lockDirectory } from '@cartledger/local-stack';
import { createHealth, createMetrics, healthRoutes, type Logger, type Running, serveHttp } from '@cartledger/service';
import { Hono } from 'hono';
import { adminToken } from './access.ts';
import type { StandaloneConfig } from './config.ts';
import { DEMO_STORE, startDemo } from './demo.ts';
import { createEventDoor } from './event-door.ts';
import { readInstanceFile, writeInstanceFile } from './instance-file.ts';
import { openClickHouse, openControl, openLog, openSpool } from './parts.ts';
import type { Terminal } from './terminal.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../schemas/clickhouse', import.meta.url));
const DASHBOARD = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
const PARTITIONS = 4;

export type StandaloneDeps = {
  logger: Logger;
  terminal: Terminal;
  now: () => number;
  /** Told of a failure that only a new start mends. */
  fail(error: unknown): void;
  /** Aborted when a stop is wanted before everything has started. */
  stopping: AbortSignal;
};

export type Standalone = Running & {
  url: string;
  adminToken: string;
  clickhouseUrl: string;
  demo: { store_id: string; writeKey: string } | null;
};

/**
 * Every service in this process, over the embedded log and ClickHouse unless others are configured. Resolves when
 * the dashboard can be used; what was started before a failure is stopped again. stop() ends things in the reverse
 * order of their start: no more requests, what was accepted is in the log, batches in hand are finished.
 */
export const startStandalone = async (
  config: StandaloneConfig,
  { logger, terminal, now, fail, stopping }: StandaloneDeps,
): Promise<Standalone> => {
  await using stack = new AsyncDisposableStack();
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(join(config.data, 'lock'), `the data directory ${config.data}`);
  stack.defer(() => lock.release());

  const metrics = createMetrics({ processMetrics: true });
  const health = createHealth({ logger });

  const control = openControl(config, stack);
  await control.migrate();
  const earlier = await readInstanceFile(config.data);
  const {
    clickhouse,
    readUrl: clickhouseUrl,
    port,
  } = await terminal.step('ClickHouse', async () => {
    const opened = await openClickHouse(
      config,
      { earlierPort: earlier?.clickhouse_port, tell: terminal.say, logger, fail },
      stack,
    );
    await opened.clickhouse.ensureDatabase();
    await migrate(opened.clickhouse, MIGRATIONS, { analyticsDatabase: config.analyticsDatabase });
    return opened;
  });
  const log = await terminal.step('Event log', async () => {
    const opened = await openLog(config, logger, stack);
    await opened.ensureTopic(EVENTS_TOPIC, { partitions: PARTITIONS });
    await opened.ensureTopic(DEAD_LETTERS_TOPIC, { partitions: PARTITIONS, retention: DEAD_LETTERS_RETENTION });
    return opened;
  });

  const { maxComponentEvents } = config;
  const limits = maxComponentEvents === undefined ? {} : { maxComponentEvents };
  const aggregator = createAggregator({ clickhouse, control, logger, metrics, health, now }, limits);
  stack.defer(() => aggregator.stop());
  const quarantine = createQuarantine({ store: control, now }, { topic: EVENTS_TOPIC });
  const ingest = createIngest({ log, clickhouse, control, quarantine, logger, metrics, health, now, onFatal: fail });
  stack.defer(() => ingest.stop());
  const spool = await openSpool(config, logger, stack);
  const collector = createCollector({ log, ...(spool && { spool }), control, metrics, logger, health, now });
  stack.defer(() => collector.stop());
  const reports = createReads({ clickhouse, control, now }, limits);
  const api = createApi({ control, clickhouse, reports, metrics, logger, health, now }, { dashboardDir: DASHBOARD });
  stack.defer(() => api.stop());

  const server = await terminal.step('Services', async () => {
    await ingest.start();
    if (!config.demo) await aggregator.start();
    const app = new Hono();
    app.route('/', healthRoutes({ health, metrics }));
    app.route('/', collector.app);
    app.route('/api/v1/ingest', createIngestAdmin({ ingest, log, clickhouse, control, quarantine, logger, now }));
    app.route('/', api.app);
    return serveHttp({ app, host: config.host, port: config.port });
  });
  stack.defer(() => server.stop());

  const token = await adminToken(control, config.data);
  // A demo's write key of an earlier start stays in the file, to be found there by the next demo; so does a port that
  // could not be had this time.
  const instance = {
    ...(port !== undefined && { clickhouse_port: port }),
    ...earlier,
    url: server.url,
    admin_token: token,
    pid: process.pid,
  };
  await writeInstanceFile(config.data, instance);

  let demo: Standalone['demo'] = null;
  if (config.demo) {
    const running = await startDemo({
      control,
      reports,
      door: createEventDoor(collector.app),
      aggregate: () => aggregator.start(),
      adminToken: token,
      data: config.data,
      days: config.demoDays,
      terminal,
      logger: logger.child({ component: 'demo' }),
      now,
      stopping,
    });
    stack.defer(() => running.stop());
    demo = { store_id: DEMO_STORE, writeKey: running.writeKey };
    await writeInstanceFile(config.data, { ...instance, demo_write_key: running.writeKey });
  }

  const owned = stack.move();
  return {
    url: server.url,
    adminToken: token,
    clickhouseUrl,
    demo,
    async stop() {
      health.stopping();
      await owned.disposeAsync();
    },
  };
};
