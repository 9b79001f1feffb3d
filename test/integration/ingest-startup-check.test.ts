import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouse as Client, createClickHouse, migrate } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { createKafkaLog, type EventLog } from '@cartledger/event-log';
import { createIngest } from '@cartledger/ingest';
import { type ClickHouse, startClickHouse } from '@cartledger/local-stack';
import { ConfigError, createLogger, createMetrics } from '@cartledger/service';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));

const user = (name: string, profile: string) =>
  `<${name}><password_sha256_hex>${createHash('sha256').update('secret').digest('hex')}</password_sha256_hex>
    <networks><ip>127.0.0.1</ip></networks><profile>${profile}</profile><quota>default</quota></${name}>`;
const USERS = `<clickhouse>
  <profiles>
    <async><async_insert>1</async_insert><constraints><async_insert><readonly/></async_insert></constraints></async>
    <dedup><insert_deduplicate>1</insert_deduplicate><constraints><insert_deduplicate><const/></insert_deduplicate></constraints></dedup>
    <months><max_partitions_per_insert_block>100</max_partitions_per_insert_block>
      <constraints><max_partitions_per_insert_block><min>1</min></max_partitions_per_insert_block></constraints></months>
    <views><materialized_views_ignore_errors>1</materialized_views_ignore_errors>
      <constraints><materialized_views_ignore_errors><readonly/></materialized_views_ignore_errors></constraints></views>
    <nothing><readonly>1</readonly></nothing>
    <queries><readonly>2</readonly></queries>
    <free><async_insert>1</async_insert><insert_deduplicate>1</insert_deduplicate></free>
  </profiles>
  <users>${['async', 'dedup', 'months', 'views', 'nothing', 'queries', 'free'].map((name) => user(name, name)).join('')}</users>
</clickhouse>`;

const dir = mkdtempSync(join(tmpdir(), 'startup-check-'));
let server: ClickHouse;
let log: EventLog;
const kafka = new Kafka({ brokers: [inject('kafkaBrokers')], logLevel: logLevel.NOTHING });
const admin = kafka.admin();

beforeAll(async () => {
  const usersFile = join(dir, 'users.xml');
  writeFileSync(usersFile, USERS);
  server = await startClickHouse({ dir: join(dir, 'clickhouse'), usersFile });
  log = createKafkaLog({ brokers: inject('kafkaBrokers'), clientId: 'startup-check' });
  await admin.connect();
  await (await migrated('check')).close();
});
afterAll(async () => {
  await admin.disconnect();
  await log.stop();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const urlAs = (name: string): string => {
  const url = new URL(server.url);
  url.username = name;
  url.password = 'secret';
  return url.href;
};

const migrated = async (database: string): Promise<Client> => {
  const owner = createClickHouse({ url: server.url, database });
  await migrate(owner, MIGRATIONS, { analyticsDatabase: `${database}_analytics` });
  return owner;
};

/** An ingest over topics, and tables where they are changed, of its own: why it refused to run, or [] when it did run. */
const refusals = async ({
  as,
  change,
  topicConfig = {},
}: {
  as?: string;
  change?: (clickhouse: Client) => Promise<void>;
  topicConfig?: Record<string, string>;
}): Promise<string[]> => {
  const id = randomUUID().slice(0, 8);
  const topics = { topic: `events-${id}`, deadLettersTopic: `dead-${id}`, groupId: `group-${id}` };
  await using stack = new AsyncDisposableStack();
  const database = change === undefined ? 'check' : `check_${id}`;
  if (change !== undefined) await change(stack.use(await migrated(database)));
  const configEntries = Object.entries(topicConfig).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    topics: [{ topic: topics.topic, numPartitions: 1, configEntries }],
    waitForLeaders: true,
  });
  const control = stack.use(createControl({ dialect: 'sqlite', path: ':memory:' }));
  await control.migrate();
  const clickhouse = stack.use(createClickHouse({ url: as === undefined ? server.url : urlAs(as), database }));
  const failed = Promise.withResolvers<unknown>();
  const ingest = stack.use(
    createIngest(
      {
        log,
        clickhouse,
        control,
        logger: createLogger({
          component: 'test',
          level: 'info',
          destination: { write: (line: string) => line.includes('are as ingest needs them') && failed.resolve(null) },
        }),
        metrics: createMetrics(),
        now: Date.now,
        onFatal: failed.resolve,
      },
      { ...topics, partitions: 1 },
    ),
  );
  await ingest.start();
  const failure = await failed.promise;
  if (failure === null) return [];
  if (failure instanceof ConfigError) return [...failure.problems];
  throw failure;
};

test('a server, tables and topics as Cartledger makes them are taken', async () => {
  expect(await refusals({})).toEqual([]);
});

test('a profile with other values is no harm, for every insert brings its own', async () => {
  expect(await refusals({ as: 'free' })).toEqual([]);
});

test.each([
  ['async', 'async_insert is 1'],
  ['dedup', 'insert_deduplicate is 1'],
  ['months', 'max_partitions_per_insert_block is 100'],
  ['views', 'materialized_views_ignore_errors is 1'],
  ['nothing', 'readonly is 1'],
  ['queries', 'readonly is 2'],
])('a user of profile %s, who may not set what inserts need, is refused: %s', async (as, reason) => {
  const [first = ''] = await refusals({ as });
  expect(first).toContain(reason);
  expect(first).toContain('Remedy: ');
});

test.each([
  ['ALTER TABLE events MODIFY SETTING fsync_after_insert = 0', 'table events: fsync_after_insert is 0 and must be 1'],
  ['ALTER TABLE events RESET SETTING fsync_after_insert', 'table events: fsync_after_insert is 0 and must be 1'],
  ['ALTER TABLE touches MODIFY SETTING fsync_part_directory = 0', 'table touches: fsync_part_directory is 0'],
  ['ALTER TABLE intake MODIFY SETTING fsync_after_insert = 0', 'table intake: fsync_after_insert is 0'],
  ['ALTER TABLE intake_runs MODIFY SETTING fsync_after_insert = 0', 'table intake_runs: fsync_after_insert is 0'],
  ['ALTER TABLE events DROP COLUMN properties', 'table events: columns is no properties'],
  ['DROP TABLE touches', 'table touches is not there'],
  [
    'ALTER TABLE events MODIFY TTL toDateTime(event_time) + INTERVAL 400 DAY',
    'table events: TTL is toDateTime(event_time) + toIntervalDay(400)',
  ],
  [
    'ALTER TABLE touches MODIFY COLUMN neighbors Array(UInt64) TTL toDateTime(written_at) + INTERVAL 1 DAY',
    'table touches: TTL of column neighbors is set',
  ],
  [
    'ALTER TABLE events MODIFY COLUMN amount_total Nullable(Int32)',
    'table events: column amount_total is Nullable(Int32)',
  ],
  ['ALTER TABLE intake MODIFY COLUMN counted UInt16', 'table intake: column counted is UInt16 and must be UInt64'],
])('%s: refused', async (statement, reason) => {
  const found = await refusals({ change: (clickhouse) => clickhouse.command(statement) });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(reason);
  expect(found[0]).toContain('Remedy: ');
});

test('rows that are packed better with time are no harm', async () => {
  const change = (clickhouse: Client) =>
    clickhouse.command(
      'ALTER TABLE events MODIFY TTL toDateTime(event_time) + INTERVAL 90 DAY RECOMPRESS CODEC(ZSTD(17))',
    );
  expect(await refusals({ change })).toEqual([]);
});

/** A table of events that is as ours but for its partitions. */
const partitionedBy = (key: string) => async (clickhouse: Client) => {
  await clickhouse.command('RENAME TABLE events TO events_before');
  await clickhouse.command(
    `CREATE TABLE events AS events_before ENGINE = ReplacingMergeTree(version) ${key}
     ORDER BY (store_id, visitor_hash, event_hash, toYYYYMM(occurred_at))
     SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  );
};

test.each([
  ['PARTITION BY toYYYYMM(received_at)', 'table events: PARTITION BY is toYYYYMM(received_at) and must be if('],
  ['PARTITION BY tuple()', 'table events: PARTITION BY is tuple() and must be if('],
])('events with %s are refused: readers deduplicate within a partition', async (key, reason) => {
  const found = await refusals({ change: partitionedBy(key) });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(reason);
  expect(found[0]).toContain('Remedy: no ALTER mends that');
});

test('events of another engine, version and sort key are refused, each by name', async () => {
  const found = await refusals({
    change: async (clickhouse) => {
      await clickhouse.command('RENAME TABLE events TO events_before');
      await clickhouse.command(
        `CREATE TABLE events AS events_before ENGINE = MergeTree ORDER BY (store_id, visitor_hash)
         SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
      );
    },
  });
  expect(found.map((reason) => reason.split('. Remedy')[0])).toEqual([
    'table events: engine is MergeTree and must be ReplacingMergeTree(version)',
    'table events: ORDER BY is store_id, visitor_hash and must be store_id, visitor_hash, event_hash, toYYYYMM(occurred_at)',
  ]);
});

test.each([
  ['cleanup.policy', 'compact'],
  ['retention.ms', '3600000'],
  ['max.message.bytes', '10000'],
  ['unclean.leader.election.enable', 'true'],
])('a topic whose %s is %s is refused', async (setting, value) => {
  const found = await refusals({ topicConfig: { [setting]: value } });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`: ${setting} is ${value}`);
  expect(found[0]).toContain(`--add-config ${setting}=`);
});

test('what is wrong with the topic and with the tables is told at once', async () => {
  const found = await refusals({
    topicConfig: { 'cleanup.policy': 'compact', 'retention.ms': '1000' },
    change: (clickhouse) => clickhouse.command('ALTER TABLE events MODIFY SETTING fsync_after_insert = 0'),
  });
  expect(found).toHaveLength(3);
});
