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
import { createLogger, createMetrics } from '@cartledger/service';
import { Kafka, logLevel } from 'kafkajs';
import { z } from 'zod';
import { eventually } from './until.ts';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));

export type IngestWorld = {
  log: EventLog;
  clickhouse: ClickHouse;
  control: Control;
  topics: { topic: string; deadLettersTopic: string; groupId: string };
  start(config?: Partial<IngestConfig>): Promise<Ingest>;
  stop(ingest: Ingest): Promise<void>;
  /** Everything in the topic is taken in and committed. */
  settle(): Promise<void>;
  /** Asks the admin's routes as an operator does; `path` with its query. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<{ status: number; text: string }>;
  /** Sets the group's offset of a partition, behind everybody's back. */
  setOffset(partition: number, offset: bigint): Promise<void>;
  /** Removes a partition's records below an offset, as retention does. */
  truncate(partition: number, before: bigint): Promise<void>;
  /** events FINAL, and the sums of intake_counts by measure. */
  kept(): Promise<{ events: number; ids: number }>;
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

export const startIngestWorld = async ({
  clickhouseUrl,
  kafkaBrokers,
  partitions = 2,
}: {
  clickhouseUrl: string;
  /** Absent: the embedded log. */
  kafkaBrokers?: string;
  partitions?: number;
}): Promise<IngestWorld> => {
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
  const control = stack.use(createControl({ dialect: 'sqlite', path: ':memory:' }));
  await control.migrate();
  await control.stores.create('demo');
  const embedded = kafkaBrokers === undefined ? createEmbeddedLog({ dir }) : undefined;
  const log = stack.use(embedded ?? createKafkaLog({ brokers: kafkaBrokers ?? '', clientId: 'ingest-world' }));
  const truncate = async (partition: number, before: bigint): Promise<void> => {
    if (embedded !== undefined) return embedded.deleteRecords(topics.topic, partition, before);
    const admin = new Kafka({ brokers: [kafkaBrokers ?? ''], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    // kafkajs finds leaders only of topics that it was asked about.
    await admin.fetchTopicOffsets(topics.topic);
    await admin.deleteTopicRecords({ topic: topics.topic, partitions: [{ partition, offset: String(before) }] });
    await admin.disconnect();
  };
  for (const topic of [topics.topic, topics.deadLettersTopic]) await log.ensureTopic(topic, { partitions });
  const running = new Set<Ingest>();
  stack.defer(async () => {
    for (const ingest of running) await ingest.stop();
  });

  const logger = createLogger({ component: 'test', level: 'silent' });
  const quarantine = createQuarantine({ store: control, now: Date.now }, { topic: topics.topic });
  const { key } = await control.keys.create(null, 'admin');

  const lag = async (): Promise<bigint> => {
    const committed = await log.committed(topics.topic, topics.groupId);
    return (await log.offsets(topics.topic)).reduce(
      (sum, { partition, end, earliest }) => sum + end - (committed.get(partition)?.offset ?? earliest),
      0n,
    );
  };

  const owned = stack.move();
  return {
    log,
    clickhouse,
    control,
    topics,
    start: async (config = {}) => {
      const ingest = createIngest(
        { log, clickhouse, control, quarantine, logger, metrics: createMetrics(), now: Date.now },
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
    ask: async (method, path, json) => {
      const [ingest] = running;
      const admin = createIngestAdmin(
        {
          ingest: ingest ?? { readiness: () => ({ ready: false, state: 'stopped', reason: '' }), partitions: () => [] },
          log,
          clickhouse,
          control,
          quarantine,
          logger,
          now: Date.now,
        },
        topics,
      );
      const response = await admin.request(path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      return { status: response.status, text: await response.text() };
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
    kept: async () => (await clickhouse.query(summary, {}))[0] ?? { events: 0, ids: 0 },
    counted: async () =>
      Object.fromEntries((await clickhouse.query(sums, {})).map(({ measure, total }) => [measure, total])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

/** A valid event of the store `demo`. Its visitor, and so its partition, follows from `n`. */
export const eventOf = (n: number, fields: Record<string, unknown> = {}, receivedAt = Date.now()): ProduceRecord => ({
  key: `demo:v${n % 97}`,
  value: Buffer.from(
    JSON.stringify({
      event_id: `e${n}`,
      store_id: 'demo',
      type: 'add_to_cart',
      occurred_at: receivedAt - 60_000,
      visitor_id: `v${n % 97}`,
      cart_id: `c${n % 50}`,
      currency: 'EUR',
      items: [{ product_id: `p${n % 9}`, quantity: 1, unit_price: 1_999 }],
      source: 'browser',
      ...fields,
    }),
  ),
  headers: { 'cartledger-received-at': String(receivedAt) },
});

export const badEvent = (n: number): ProduceRecord => ({ key: `demo:v${n % 97}`, value: Buffer.from(`{"bad":${n}`) });
