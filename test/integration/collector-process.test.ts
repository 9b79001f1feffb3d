/** The collector and the API as processes of their own, over Kafka, ClickHouse and PostgreSQL. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { newDatabase, startService } from './service-process.ts';

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

test('a collector alone takes events into Kafka, and ends in order when told to', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-collector-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const postgresUrl = await newDatabase(stack);
  const brokers = inject('kafkaBrokers');
  const topic = `events-${randomUUID()}`;
  const log = stack.use(createKafkaLog({ brokers, clientId: 'test' }));
  await log.ensureTopic(topic, { partitions: 2 });
  const { url, terminate } = await startService(stack, 'collector', {
    CARTLEDGER_KAFKA_BROKERS: brokers,
    CARTLEDGER_POSTGRES_URL: postgresUrl,
    CARTLEDGER_EVENTS_TOPIC: topic,
    CARTLEDGER_COLLECTOR_PORT: '0',
    CARTLEDGER_COLLECTOR_SPOOL_DIR: join(dir, 'spool'),
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
  expect(await terminate()).toBe(0);
});

test('an API alone is ready when ClickHouse and PostgreSQL answer, and ends in order when told to', async () => {
  const { url, terminate } = await startService(stack, 'api', {
    CARTLEDGER_CLICKHOUSE_URL: inject('clickhouseUrl'),
    CARTLEDGER_CLICKHOUSE_DATABASE: 'default',
    CARTLEDGER_POSTGRES_URL: await newDatabase(stack),
    CARTLEDGER_API_PORT: '0',
  });
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    status: 'ready',
    checks: { control: { ok: true }, clickhouse: { ok: true } },
  });
  expect((await fetch(`${url}/api/v1/stores`)).status).toBe(401);
  expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
  expect(await terminate()).toBe(0);
});
