import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decodeDeadLetter } from '@cartledger/event-log';
import { startClickHouse } from '@cartledger/local-stack';
import { afterEach, expect, inject, test } from 'vitest';
import { type IngestWorld, startIngestWorld } from './ingest-world.ts';
import { eventually } from './until.ts';

const MAIN = fileURLToPath(new URL('../../services/ingest/src/main.ts', import.meta.url));
const NOW = Date.now();

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
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const events = async ({ kept }: IngestWorld): Promise<number> => (await kept()).events;
const delivered = async ({ counted }: IngestWorld): Promise<number | undefined> => (await counted()).delivered;

const spawnIngest = ({ database, dir, topics }: IngestWorld): ChildProcess => {
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
  await using world = await startIngestWorld('kafka');
  const total = 6_000;
  let produced = 0;
  const produceMore = async (count: number): Promise<void> => {
    await world.produce([...records(count, produced), { key: 'demo:bad', value: Buffer.from(`not JSON ${produced}`) }]);
    produced += count;
  };
  // Each kill costs the group its session timeout.
  for (let round = 1; round <= 2; round += 1) {
    await produceMore(total / 4);
    const child = spawnIngest(world);
    const atLeast = (produced * 3) / 4;
    await eventually(async () => (await events(world)) >= atLeast);
    // It dies with whatever it has in hand of these.
    await produceMore(total / 12);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const last = spawnIngest(world);
  await eventually(async () => (await events(world)) >= produced);
  expect(await world.kept()).toEqual({ events: produced, ids: produced });
  const letters = async (): Promise<Set<string>> => {
    const found = new Set<string>();
    const { log, topics } = world;
    for (const { partition, earliest, end } of await log.offsets(topics.deadLettersTopic)) {
      for await (const record of log.read(topics.deadLettersTopic, partition, earliest, end)) {
        found.add(String(decodeDeadLetter(record)?.value));
      }
    }
    return found;
  };
  await eventually(async () => (await letters()).size === 4);
  await eventually(async () => (await delivered(world)) === produced);
  await eventually(async () => (await world.counted())['rejected:malformed_json'] === 4);
  last.kill('SIGTERM');
  const [code] = await once(last, 'exit');
  expect(code).toBe(0);
});

test('two workers that are replaced one after the other while events flow, as an upgrade does, lose none and count none twice', async () => {
  await using world = await startIngestWorld('kafka');
  let produced = 0;
  const flow = new AbortController();
  const flowing = (async () => {
    while (!flow.signal.aborted) {
      await world.produce(records(100, produced));
      produced += 100;
      await delay(50);
    }
  })();
  let working = [spawnIngest(world), spawnIngest(world)];
  for (const old of working) {
    const before = produced;
    await eventually(async () => (await events(world)) > before);
    working = [...working, spawnIngest(world)];
    const beside = produced;
    await eventually(async () => (await events(world)) > beside + 1_000);
    old.kill('SIGTERM');
    expect((await once(old, 'exit'))[0]).toBe(0);
  }
  flow.abort();
  await flowing;
  let there = 0;
  await eventually(
    async () => {
      there = await events(world);
      return there === produced;
    },
    () => ({ there, produced }),
  );
  expect(await world.kept()).toEqual({ events: produced, ids: produced });
  await eventually(async () => (await delivered(world)) === produced);
});

test('ClickHouse killed in the middle is waited for; then everything is there once', async () => {
  const server = { dir: mkdtempSync(join(tmpdir(), 'ingest-kill-')) };
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(server.dir, { recursive: true, force: true }));
  let running = await startClickHouse(server);
  stack.defer(() => running.stop());
  const httpPort = Number(new URL(running.url).port);
  const world = stack.use(await startIngestWorld('kafka', { clickhouseUrl: running.url }));
  const ingest = await world.start({ progressMs: 100, backoff: { baseMs: 50, maxMs: 500 } });
  await world.produce(records(3_000));
  await eventually(async () => (await events(world)) > 0);
  await running.kill();
  await world.produce(records(3_000, 3_000));
  await eventually(() => !ingest.readiness().ready);
  expect(ingest.readiness().reason).toMatch(/^waiting for (events|touches|intake) for/);
  running = await startClickHouse({ ...server, httpPort });
  await eventually(async () => (await events(world)) >= 6_000);
  expect(await world.kept()).toEqual({ events: 6_000, ids: 6_000 });
  await eventually(async () => (await delivered(world)) === 6_000);
  await eventually(() => ingest.readiness().ready);
});
