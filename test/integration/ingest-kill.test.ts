import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ClickHouse, createClickHouse, defineQuery, integer, migrate } from '@cartledger/clickhouse';
import { type Control, createControl } from '@cartledger/control';
import { createKafkaLog, decodeDeadLetter, type EventLog } from '@cartledger/event-log';
import { createIngest, type Ingest } from '@cartledger/ingest';
import { startClickHouse } from '@cartledger/local-stack';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { eventually } from './until.ts';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const MAIN = fileURLToPath(new URL('../../services/ingest/src/main.ts', import.meta.url));
const NOW = Date.now();

const keptQuery = defineQuery({
  name: 'kept',
  sql: 'SELECT count() AS events, uniqExact(event_id) AS ids FROM events FINAL',
  params: z.object({}),
  row: z.object({ events: integer, ids: integer }),
});

const countedQuery = defineQuery({
  name: 'counted',
  sql: 'SELECT sumIf(n, measure = {measure:String}) AS total FROM intake_counts',
  params: z.object({ measure: z.string() }),
  row: z.object({ total: integer }),
});

const records = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    key: `demo:v${(from + i) % 97}`,
    value: Buffer.from(
      JSON.stringify({
        event_id: `e${from + i}`,
        store_id: 'demo',
        type: 'visit',
        occurred_at: NOW - 1_000,
        visitor_id: `v${(from + i) % 97}`,
      }),
    ),
  }));

const children: ChildProcess[] = [];
let dir: string;
let log: EventLog;
let topics: { topic: string; deadLettersTopic: string; groupId: string };
let database: string;

beforeEach(async () => {
  const id = randomUUID().slice(0, 8);
  dir = mkdtempSync(join(tmpdir(), 'ingest-kill-'));
  database = `kill_${id}`;
  topics = { topic: `events-${id}`, deadLettersTopic: `dead-${id}`, groupId: `group-${id}` };
  log = createKafkaLog({ brokers: inject('kafkaBrokers'), clientId: 'ingest-kill-test' });
  for (const topic of [topics.topic, topics.deadLettersTopic]) await log.ensureTopic(topic, { partitions: 2 });
  const control = createControl({ dialect: 'sqlite', path: join(dir, 'control.db') });
  await control.migrate();
  await control.stores.create('demo');
  await control.close();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await log.stop();
  rmSync(dir, { recursive: true, force: true });
});

const open = async (url: string): Promise<ClickHouse> => {
  const clickhouse = createClickHouse({ url, database });
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `${database}_analytics` });
  return clickhouse;
};

const counted = async (clickhouse: ClickHouse, measure: string) =>
  (await clickhouse.query(countedQuery, { measure }))[0]?.total;

const kept = async (clickhouse: ClickHouse) => (await clickhouse.query(keptQuery, {}))[0];

const startIngest = async (clickhouse: ClickHouse, control: Control): Promise<Ingest> => {
  const ingest = createIngest(
    {
      log,
      clickhouse,
      control,
      logger: createLogger({ component: 'test', level: 'silent' }),
      metrics: createMetrics(),
      now: Date.now,
    },
    { ...topics, progressMs: 100, backoff: { baseMs: 50, maxMs: 500 } },
  );
  await ingest.start();
  return ingest;
};

const spawnIngest = (): ChildProcess => {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      CARTLEDGER_KAFKA_BROKERS: inject('kafkaBrokers'),
      CARTLEDGER_CLICKHOUSE_URL: inject('clickhouseUrl'),
      CARTLEDGER_CLICKHOUSE_DATABASE: database,
      CARTLEDGER_DATA: dir,
      CARTLEDGER_INGEST_PORT: '0',
      CARTLEDGER_INGEST_GROUP: topics.groupId,
      CARTLEDGER_EVENTS_TOPIC: topics.topic,
      CARTLEDGER_DEAD_LETTERS_TOPIC: topics.deadLettersTopic,
      CARTLEDGER_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child;
};

test('ingest killed twice while events flow loses none and counts none twice', async () => {
  await using clickhouse = await open(inject('clickhouseUrl'));
  const total = 6_000;
  let produced = 0;
  const produceMore = async (count: number): Promise<void> => {
    await log.produce(topics.topic, [
      ...records(count, produced),
      { key: 'demo:bad', value: Buffer.from(`not JSON ${produced}`) },
    ]);
    produced += count;
  };
  // Each kill costs the group its session timeout.
  for (let round = 1; round <= 2; round += 1) {
    await produceMore(total / 4);
    const child = spawnIngest();
    const atLeast = (produced * 3) / 4;
    await eventually(async () => ((await kept(clickhouse))?.events ?? 0) >= atLeast);
    // It dies with whatever it has in hand of these.
    await produceMore(total / 12);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const last = spawnIngest();
  await eventually(async () => ((await kept(clickhouse))?.events ?? 0) >= produced);
  expect(await kept(clickhouse)).toEqual({ events: produced, ids: produced });
  const letters = async (): Promise<Set<string>> => {
    const found = new Set<string>();
    for (const { partition, earliest, end } of await log.offsets(topics.deadLettersTopic)) {
      for await (const record of log.read(topics.deadLettersTopic, partition, earliest, end)) {
        found.add(String(decodeDeadLetter(record)?.value));
      }
    }
    return found;
  };
  await eventually(async () => (await letters()).size === 4);
  await eventually(async () => (await counted(clickhouse, 'delivered')) === produced);
  await eventually(async () => (await counted(clickhouse, 'rejected:malformed_json')) === 4);
  last.kill('SIGTERM');
  const [code] = await once(last, 'exit');
  expect(code).toBe(0);
  for (const name of [`${database}_analytics`, database]) await clickhouse.command(`DROP DATABASE ${name}`);
});

test('two workers that are replaced one after the other while events flow, as an upgrade does, lose none and count none twice', async () => {
  await using clickhouse = await open(inject('clickhouseUrl'));
  let produced = 0;
  const flow = new AbortController();
  const flowing = (async () => {
    while (!flow.signal.aborted) {
      await log.produce(topics.topic, records(100, produced));
      produced += 100;
      await delay(50);
    }
  })();
  let working = [spawnIngest(), spawnIngest()];
  for (const old of working) {
    const before = produced;
    await eventually(async () => ((await kept(clickhouse))?.events ?? 0) > before);
    working = [...working, spawnIngest()];
    const beside = produced;
    await eventually(async () => ((await kept(clickhouse))?.events ?? 0) > beside + 1_000);
    old.kill('SIGTERM');
    expect((await once(old, 'exit'))[0]).toBe(0);
  }
  flow.abort();
  await flowing;
  let events = 0;
  await eventually(
    async () => {
      events = (await kept(clickhouse))?.events ?? 0;
      return events === produced;
    },
    () => ({ events, produced }),
  );
  expect(await kept(clickhouse)).toEqual({ events: produced, ids: produced });
  await eventually(async () => (await counted(clickhouse, 'delivered')) === produced);
  for (const name of [`${database}_analytics`, database]) await clickhouse.command(`DROP DATABASE ${name}`);
});

test('ClickHouse killed in the middle is waited for; then everything is there once', async () => {
  const server = { dir: join(dir, 'clickhouse') };
  let running = await startClickHouse(server);
  const httpPort = Number(new URL(running.url).port);
  await using clickhouse = await open(running.url);
  await using control = createControl({ dialect: 'sqlite', path: join(dir, 'control.db') });
  const ingest = await startIngest(clickhouse, control);
  try {
    await log.produce(topics.topic, records(3_000));
    await eventually(async () => ((await kept(clickhouse))?.events ?? 0) > 0);
    await running.kill();
    await log.produce(topics.topic, records(3_000, 3_000));
    await eventually(() => !ingest.readiness().ready);
    expect(ingest.readiness().reason).toMatch(/^waiting for (events|touches|intake) for/);
    running = await startClickHouse({ ...server, httpPort });
    await eventually(async () => ((await kept(clickhouse))?.events ?? 0) >= 6_000);
    expect(await kept(clickhouse)).toEqual({ events: 6_000, ids: 6_000 });
    await eventually(async () => (await counted(clickhouse, 'delivered')) === 6_000);
    await eventually(() => ingest.readiness().ready);
  } finally {
    await ingest.stop();
    await running.stop();
  }
});
