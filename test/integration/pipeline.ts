/** The road from the log to the reports, wired as the services wire it, over a log, a database and topics of its own. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAggregator } from '@cartledger/aggregator';
import { createApi, createReads } from '@cartledger/api';
import { type ClickHouse, createClickHouse, defineQuery, migrate } from '@cartledger/clickhouse';
import { createCollector } from '@cartledger/collector';
import { type Control, createControl } from '@cartledger/control';
import { createEmbeddedLog, createKafkaLog, type EventLog } from '@cartledger/event-log';
import { createIngest } from '@cartledger/ingest';
import { createReports, type Reports } from '@cartledger/reports';
import { createLogger, createMetrics, serveHttp } from '@cartledger/service';
import { z } from 'zod';
import { until } from './until.ts';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));

export type PipelineOptions = {
  clickhouseUrl: string;
  log: { driver: 'embedded' } | { driver: 'kafka'; brokers: string };
  now?: () => number;
};

export type Pipeline = {
  control: Control;
  clickhouse: ClickHouse;
  log: EventLog;
  reports: Reports;
  topic: string;
  deadLettersTopic: string;
  /** Of the door for events and of the API: what the command needs. */
  url: string;
  /** Of an administrator. */
  key: string;
  /** Posts events of any stores as an import does; throws when one is refused. */
  importEvents(events: readonly unknown[]): Promise<void>;
  /** Posts a body with a key, over a real connection. */
  post(
    key: string,
    body: string | Uint8Array,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: unknown }>;
  /** Resolves when everything appended before is in the reports of the stores. */
  settled(store_ids: readonly string[], timeoutMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const BATCH = 2_000;

const standings = defineQuery({
  name: 'test.standings',
  sql: 'SELECT store_id, toUnixTimestamp64Milli(as_of) AS as_of_ms FROM store_state FINAL',
  params: z.object({}),
  row: z.object({ store_id: z.string(), as_of_ms: z.coerce.number() }),
});

export const startPipeline = async ({
  clickhouseUrl,
  log: logOptions,
  now = Date.now,
}: PipelineOptions): Promise<Pipeline> => {
  const id = randomUUID().slice(0, 8);
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-pipeline-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));

  const logger = createLogger({ component: 'test', level: 'silent' });
  const metrics = createMetrics();
  const control = stack.use(createControl({ dialect: 'sqlite', path: join(dir, 'control.db') }, { now }));
  await control.migrate();
  const clickhouse = stack.use(createClickHouse({ url: clickhouseUrl, database: `pipeline_${id}` }));
  await clickhouse.ensureDatabase();
  stack.defer(async () => {
    await clickhouse.command(`DROP DATABASE IF EXISTS pipeline_${id}_analytics`);
    await clickhouse.command(`DROP DATABASE IF EXISTS pipeline_${id}`);
  });
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `pipeline_${id}_analytics` });
  const log = stack.use(
    logOptions.driver === 'embedded'
      ? createEmbeddedLog({ dir: join(dir, 'log'), now })
      : createKafkaLog({ brokers: logOptions.brokers.split(','), clientId: 'test', logger }),
  );
  const topic = `events-${id}`;
  const deadLettersTopic = `dead-${id}`;
  await log.ensureTopic(topic, { partitions: 4 });
  await log.ensureTopic(deadLettersTopic, { partitions: 1 });

  const collector = createCollector({ log, control, metrics, logger, now }, { topic });
  const ingest = createIngest(
    { log, clickhouse, control, logger, metrics, now },
    { topic, deadLettersTopic, groupId: `ingest-${id}` },
  );
  stack.defer(() => ingest.stop());
  await ingest.start();
  const aggregator = createAggregator(
    { clickhouse, control, logger, metrics, now },
    { topic, rest: { share: 1, burstMs: 0, maxRestMs: 0 }, asOfStepMs: 100 },
  );
  stack.defer(() => aggregator.stop());
  await aggregator.start();
  const api = createApi(
    { control, clickhouse, reports: createReads({ clickhouse, control }), metrics, logger, now },
    { dashboardDir: dir },
  );
  collector.app.route('/', api.app);
  const server = stack.use(await serveHttp({ app: collector.app, host: '127.0.0.1', port: 0 }));
  const reports = createReports({ clickhouse });
  const { key: admin } = await control.keys.create(null, 'admin');

  const post: Pipeline['post'] = async (key, body, headers = {}) => {
    const response = await fetch(`${server.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : Buffer.from(body),
    });
    const answer: unknown = await response.json();
    return { status: response.status, headers: response.headers, body: answer };
  };

  const owned = stack.move();
  return {
    control,
    clickhouse,
    log,
    reports,
    topic,
    deadLettersTopic,
    url: server.url,
    key: admin,
    post,
    async importEvents(events) {
      for (let i = 0; i < events.length; i += BATCH) {
        const { status, body } = await post(admin, JSON.stringify(events.slice(i, i + BATCH)), {
          'cartledger-import': '1',
        });
        const refused = typeof body === 'object' && body !== null && 'rejected' in body ? body.rejected : null;
        if (status !== 202 || !Array.isArray(refused) || refused.length > 0)
          throw new Error(`import answered ${status}: ${JSON.stringify(body).slice(0, 500)}`);
      }
    },
    async settled(store_ids, timeoutMs = 180_000) {
      const appended = now();
      // Asked of the state that reports stand at, all stores at once: reports of many stores would be work of their own.
      await until(`the reports of ${store_ids.length} stores include everything`, timeoutMs, async () => {
        const states = await clickhouse.query(standings, {});
        const asOf = new Map(states.map((state) => [state.store_id, state.as_of_ms]));
        return store_ids.every((store_id) => (asOf.get(store_id) ?? 0) >= appended);
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
