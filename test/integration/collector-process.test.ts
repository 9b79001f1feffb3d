/** The collector and the API as processes of their own, over Kafka, ClickHouse and PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';

const main = (service: string): string =>
  fileURLToPath(new URL(`../../services/${service}/src/main.ts`, import.meta.url));

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const newDatabase = async (): Promise<string> => {
  const name = `cartledger_process_${randomUUID().replaceAll('-', '')}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  stack.defer(() => administer(`drop database ${name} with (force)`));
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
};

/** Starts a service on a free port; answers where it listens, from its log. */
const start = async (service: string, env: Record<string, string>): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, [main(service)], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stack.defer(() => {
    child.kill('SIGKILL');
  });
  let lines = '';
  child.stdout?.on('data', (data) => {
    lines += String(data);
  });
  const url = await vi.waitFor(
    () => {
      const match = /"url":"(http:[^"]+)"/.exec(lines);
      if (!match?.[1]) throw new Error(`no address yet in: ${lines}`);
      return match[1];
    },
    { timeout: 30_000, interval: 50 },
  );
  return { child, url };
};

const endOf = async (child: ChildProcess): Promise<number | null> => {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
  return child.exitCode;
};

test('a collector alone takes events into Kafka, and ends in order when told to', async () => {
  const postgresUrl = await newDatabase();
  const brokers = inject('kafkaBrokers');
  const topic = `events-${randomUUID()}`;
  const log = stack.use(createKafkaLog({ brokers, clientId: 'test' }));
  await log.ensureTopic(topic, { partitions: 2 });
  const { child, url } = await start('collector', {
    CARTLEDGER_KAFKA_BROKERS: brokers,
    CARTLEDGER_POSTGRES_URL: postgresUrl,
    CARTLEDGER_EVENTS_TOPIC: topic,
    CARTLEDGER_COLLECTOR_PORT: '0',
  });
  const control = stack.use(createControl({ dialect: 'postgres', url: postgresUrl }));
  await control.stores.create('shop');
  const { key, key_id } = await control.keys.create('shop', 'events:write');

  const send = (): Promise<Response> =>
    fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify([{ event_id: 'e1', type: 'visit', occurred_at: Date.now(), visitor_id: 'v1' }]),
    });
  expect(await (await send()).json()).toEqual({ accepted: 1, rejected: [] });
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    status: 'ready',
    checks: { control: { ok: true }, event_log: { ok: true } },
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'cartledger_collector_events_total{outcome="accepted"} 1',
  );

  const found: unknown[] = [];
  for (const { partition, earliest, end } of await log.offsets(topic)) {
    for await (const { key: at, value } of log.read(topic, partition, earliest, end)) {
      found.push([at?.toString(), JSON.parse(value?.toString() ?? '')]);
    }
  }
  expect(found).toMatchObject([['shop:v1', { event_id: 'e1', store_id: 'shop' }]]);

  await control.keys.revoke(key_id);
  await vi.waitFor(async () => expect((await send()).status).toBe(401), { timeout: 10_000, interval: 100 });
  expect(await endOf(child)).toBe(0);
});

test('an API alone is ready when ClickHouse and PostgreSQL answer, and ends in order when told to', async () => {
  const { child, url } = await start('api', {
    CARTLEDGER_CLICKHOUSE_URL: inject('clickhouseUrl'),
    CARTLEDGER_CLICKHOUSE_DATABASE: 'default',
    CARTLEDGER_POSTGRES_URL: await newDatabase(),
    CARTLEDGER_API_PORT: '0',
  });
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    status: 'ready',
    checks: { control: { ok: true }, clickhouse: { ok: true } },
  });
  expect((await fetch(`${url}/api/v1/stores`)).status).toBe(401);
  expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
  expect(await endOf(child)).toBe(0);
});
