/** One ingest after another, or several at once, over a log, a database, a control store and topics of their own. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouse, createClickHouse, defineQuery, integer, migrate } from '@cartledger/clickhouse';
import { type Control, createControl } from '@cartledger/control';
import { createEmbeddedLog, createKafkaLog, type EventLog, type ProduceRecord } from '@cartledger/event-log';
import { createIngest, createIngestAdmin, createQuarantine, type Ingest, type IngestConfig } from '@cartledger/ingest';
import { pathOf, type Query, type Route } from '@cartledger/operations';
import { createLogger, createMetrics } from '@cartledger/service';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { inject } from 'vitest';
import { z } from 'zod';
import { eventually } from './until.ts';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));

export type LogDriver = 'embedded' | 'kafka';

export type IngestWorld = {
  /** Of the log and the control store, where they are files. */
  dir: string;
  database: string;
  log: EventLog;
  clickhouse: ClickHouse;
  control: Control;
  /** Of an operator. */
  token: string;
  topics: { topic: string; deadLettersTopic: string; groupId: string };
  produce(records: readonly ProduceRecord[]): Promise<void>;
  /** `instance`: by which operators tell workers apart. */
  start(config?: Partial<IngestConfig>, instance?: string): Promise<Ingest>;
  stop(ingest: Ingest): Promise<void>;
  /** Everything in the topic is taken in and committed. */
  settle(): Promise<void>;
  /** The operators' routes over an ingest, or over none. */
  admin(ingest?: Ingest): ReturnType<typeof createIngestAdmin>;
  /** Asks them as an operator does; `path` with its query. */
  send(method: 'GET' | 'POST', path: string, json?: unknown): Promise<{ status: number; text: string }>;
  /** What a route answers; throws where it refuses. */
  ask<Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
    route: Route<Q, B, A>,
    asked?: { query?: Query<Q>; json?: z.input<B> },
  ): Promise<z.output<A>>;
  /** Sets the group's offset of a partition, behind everybody's back. */
  setOffset(partition: number, offset: bigint): Promise<void>;
  /** Removes a partition's records below an offset, as retention does. */
  truncate(partition: number, before: bigint): Promise<void>;
  /** Removes the topic of events; Kafka does so in its own time. */
  deleteTopic(): Promise<void>;
  /** events FINAL, and the sums of intake_counts by measure. */
  kept(): Promise<{ events: number; ids: number }>;
  /** The ids of all kept events, in order. */
  keptIds(): Promise<string[]>;
  counted(): Promise<Record<string, number>>;
  [Symbol.asyncDispose](): Promise<void>;
};

const summary = defineQuery({
  name: 'kept_events',
  sql: 'SELECT count() AS events, uniqExact(event_id) AS ids FROM events FINAL',
  params: z.object({}),
  row: z.object({ events: integer, ids: integer }),
});

const sums = defineQuery({
  name: 'counted_deliveries',
  sql: 'SELECT measure, sum(n) AS total FROM intake_counts GROUP BY measure HAVING total > 0 ORDER BY measure',
  params: z.object({}),
  row: z.object({ measure: z.string(), total: integer }),
});

const ids = defineQuery({
  name: 'kept_ids',
  sql: 'SELECT event_id FROM events FINAL ORDER BY event_id',
  params: z.object({}),
  row: z.object({ event_id: z.string() }),
});

const NO_INGEST: Pick<Ingest, 'readiness' | 'partitions'> = {
  readiness: () => ({ ready: false, state: 'stopped', reason: '' }),
  partitions: () => [],
};

export const startIngestWorld = async (
  driver: LogDriver,
  { partitions = 2, clickhouseUrl = inject('clickhouseUrl') } = {},
): Promise<IngestWorld> => {
  const kafkaBrokers = inject('kafkaBrokers');
  const id = randomUUID().slice(0, 8);
  const database = `ingest_${id}`;
  const topics = { topic: `events-${id}`, deadLettersTopic: `dead-${id}`, groupId: `group-${id}` };
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'ingest-world-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const clickhouse = stack.use(createClickHouse({ url: clickhouseUrl, database }));
  stack.defer(async () => {
    for (const name of [`${database}_analytics`, database]) await clickhouse.command(`DROP DATABASE IF EXISTS ${name}`);
  });
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `${database}_analytics` });
  const control = stack.use(createControl({ dialect: 'sqlite', path: join(dir, 'control.db') }));
  await control.migrate();
  await control.stores.create('demo');
  const embedded = driver === 'embedded' ? createEmbeddedLog({ dir: join(dir, 'log') }) : undefined;
  const log = stack.use(embedded ?? createKafkaLog({ brokers: kafkaBrokers, clientId: 'ingest-world' }));
  const administer = async (work: (admin: Admin) => Promise<unknown>): Promise<void> => {
    const admin = new Kafka({ brokers: [kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await work(admin).finally(() => admin.disconnect());
  };
  const truncate = async (partition: number, before: bigint): Promise<void> => {
    if (embedded !== undefined) return embedded.deleteRecords(topics.topic, partition, before);
    await administer(async (admin) => {
      // kafkajs finds leaders only of topics that it was asked about.
      await admin.fetchTopicOffsets(topics.topic);
      await admin.deleteTopicRecords({ topic: topics.topic, partitions: [{ partition, offset: String(before) }] });
    });
  };
  const deleteTopic = async (): Promise<void> => {
    if (embedded !== undefined) return embedded.deleteTopic(topics.topic);
    await administer((admin) => admin.deleteTopics({ topics: [topics.topic] }));
  };
  for (const topic of [topics.topic, topics.deadLettersTopic]) await log.ensureTopic(topic, { partitions });
  const running = new Set<Ingest>();
  stack.defer(async () => {
    for (const ingest of running) await ingest.stop();
  });

  const logger = createLogger({ component: 'test', level: 'silent' });
  const quarantine = createQuarantine({ store: control, now: Date.now }, { topic: topics.topic });
  const { key: token } = await control.keys.create(null, 'admin');

  const lag = async (): Promise<bigint> => {
    const committed = await log.committed(topics.topic, topics.groupId);
    return (await log.offsets(topics.topic)).reduce(
      (sum, { partition, end, earliest }) => sum + end - (committed.get(partition)?.offset ?? earliest),
      0n,
    );
  };

  const admin: IngestWorld['admin'] = (ingest) =>
    createIngestAdmin(
      { ingest: ingest ?? NO_INGEST, log, clickhouse, control, quarantine, logger, now: Date.now },
      topics,
    );
  const send: IngestWorld['send'] = async (method, path, json) => {
    const response = await admin([...running][0]).request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    return { status: response.status, text: await response.text() };
  };

  const owned = stack.move();
  return {
    dir,
    database,
    token,
    log,
    clickhouse,
    control,
    topics,
    produce: (records) => log.produce(topics.topic, records),
    start: async (config = {}, instance = 'worker') => {
      const ingest = createIngest(
        { log, clickhouse, control, quarantine, instance, logger, metrics: createMetrics(), now: Date.now },
        { ...topics, progressMs: 50, stores: { refreshMs: 3_000, minIntervalMs: 50 }, ...config },
      );
      running.add(ingest);
      await ingest.start();
      return ingest;
    },
    stop: async (ingest) => {
      running.delete(ingest);
      await ingest.stop();
    },
    settle: () => eventually(async () => (await lag()) === 0n),
    admin,
    send,
    ask: async (route, { query, json } = {}) => {
      const { status, text } = await send(route.method, query === undefined ? route.path : pathOf(route, query), json);
      if (status !== route.status) throw new Error(`${route.path} is answered ${status}: ${text}`);
      return route.answer.parse(JSON.parse(text));
    },
    setOffset: async (partition, offset) => {
      const done = Promise.withResolvers<void>();
      const consumer = await log.consume({
        topic: topics.topic,
        groupId: topics.groupId,
        handlers: {
          onAssigned: async (assignment) => {
            if (assignment.partition === partition) {
              consumer
                .commit(partition, assignment.assignmentEpoch, offset, '')
                .then(() => done.resolve(), done.reject);
            }
            return 1_000_000_000n;
          },
          onRevoked: () => {},
          onBatch: () => {},
          onGap: () => {},
          onFatal: done.reject,
        },
      });
      await done.promise;
      await consumer.stop();
    },
    truncate,
    deleteTopic,
    kept: async () => (await clickhouse.query(summary, {}))[0] ?? { events: 0, ids: 0 },
    keptIds: async () => (await clickhouse.query(ids, {})).map(({ event_id }) => event_id),
    counted: async () =>
      Object.fromEntries((await clickhouse.query(sums, {})).map(({ measure, total }) => [measure, total])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
