/** The collector's promise, that every event answered 202 comes to stand in the topic, while Kafka and it are killed. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import { type Kafka as Broker, startKafka } from '@cartledger/local-stack';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { newDatabase, startService } from './service-process.ts';
import { eventually, until } from './until.ts';

/** A broker of its own, which these tests kill and hold up. */
let broker: Broker;
let postgresUrl: string;
let key: string;
const all = new AsyncDisposableStack();

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-spool-kafka-'));
  all.defer(() => rmSync(dir, { recursive: true, force: true }));
  broker = all.use(await startKafka({ dir }));
  postgresUrl = await newDatabase(all);
  await using control = createControl({ dialect: 'postgres', url: postgresUrl });
  await control.migrate();
  await control.stores.create('shop');
  ({ key } = await control.keys.create('shop', 'events:write'));
});
afterAll(() => all.disposeAsync());

let stack: AsyncDisposableStack;
let spool: string;
let topic: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  spool = mkdtempSync(join(tmpdir(), 'cartledger-spool-'));
  stack.defer(() => rmSync(spool, { recursive: true, force: true }));
  topic = `events-${randomUUID()}`;
  await using log = createKafkaLog({ brokers: broker.brokers, clientId: 'test' });
  await log.ensureTopic(topic, { partitions: 3 });
});
afterEach(() => stack.disposeAsync());

const startCollector = (env: Record<string, string> = {}) =>
  startService(stack, 'collector', {
    CARTLEDGER_KAFKA_BROKERS: broker.brokers,
    CARTLEDGER_POSTGRES_URL: postgresUrl,
    CARTLEDGER_EVENTS_TOPIC: topic,
    CARTLEDGER_COLLECTOR_PORT: '0',
    CARTLEDGER_COLLECTOR_SPOOL_DIR: spool,
    CARTLEDGER_COLLECTOR_LOG_PATIENCE_MS: '500',
    ...env,
  });

type Sent = { visitor: string; n: number; title?: string };
const nameOf = ({ visitor, n }: Sent): string => `${visitor}-${n}`;

/** The status, or null when the collector was gone. */
const post = async (url: string, sent: Sent): Promise<number | null> => {
  const event = {
    event_id: nameOf(sent),
    type: 'visit',
    occurred_at: Date.now(),
    visitor_id: sent.visitor,
    ...(sent.title !== undefined && { page: { title: sent.title } }),
  };
  try {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify([event]),
    });
    await answer.text();
    return answer.status;
  } catch {
    return null;
  }
};

const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? Number.NaN,
  );
};
const STATE = 'cartledger_collector_state';
const isIn = async (url: string, state: string): Promise<boolean> =>
  (await metric(url, `${STATE}{state="${state}"}`)) === 1;
const drained = (url: string) => until('the spool is drained', 60_000, () => isIn(url, 'direct'));

/** Ids of the events in the topic by visitor, in the order in which each came first. */
const landed = async (): Promise<Map<string, number[]>> => {
  await using log = createKafkaLog({ brokers: broker.brokers, clientId: 'test' });
  const byVisitor = new Map<string, Set<number>>();
  for (const { partition, earliest, end } of await log.offsets(topic)) {
    for await (const { value } of log.read(topic, partition, earliest, end)) {
      const { event_id } = JSON.parse(String(value));
      const [visitor = '', n] = String(event_id).split('-');
      byVisitor.set(visitor, (byVisitor.get(visitor) ?? new Set()).add(Number(n)));
    }
  }
  return new Map([...byVisitor].map(([visitor, numbers]) => [visitor, [...numbers]]));
};

const VISITORS = ['a', 'b', 'c', 'd'];
/** Each visitor sends one event after the other, each until it is answered 202, to whoever `url` names. */
const startTraffic = (url: () => string) => {
  const accepted = new Map(VISITORS.map((visitor) => [visitor, 0]));
  const answers = new Map<number | null, number>();
  const stop = new AbortController();
  const senders = VISITORS.map(async (visitor) => {
    for (let n = 0; !stop.signal.aborted; ) {
      const status = await post(url(), { visitor, n });
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 202) accepted.set(visitor, ++n);
      // Nobody is there, or it told to come again.
      else await delay(20);
    }
  });
  return {
    accepted,
    /** Resolves when every visitor has had so many more accepted. */
    more: async (count: number) => {
      const before = new Map(accepted);
      await eventually(
        () => VISITORS.every((visitor) => (accepted.get(visitor) ?? 0) >= (before.get(visitor) ?? 0) + count),
        () => [...answers],
      );
    },
    stop: async () => {
      stop.abort();
      await Promise.all(senders);
    },
  };
};

test('with Kafka and then the collector killed, every event answered 202 stands in the topic, each visitor’s in order', async () => {
  let collector = await startCollector();
  const traffic = startTraffic(() => collector.url);
  await traffic.more(20);
  await broker.kill();
  await traffic.more(20);
  expect(await isIn(collector.url, 'spooling')).toBe(true);
  expect((await fetch(`${collector.url}/readyz`)).status).toBe(200);
  for (let kills = 0; kills < 2; kills++) {
    await collector.kill();
    collector = await startCollector();
    await traffic.more(10);
  }
  expect(await metric(collector.url, 'cartledger_collector_spool_events')).toBeGreaterThan(100);
  await collector.kill();
  await broker.restart();
  collector = await startCollector();
  await traffic.more(10);
  await drained(collector.url);
  await traffic.more(10);
  await traffic.stop();
  const found = await landed();
  for (const [visitor, count] of traffic.accepted) {
    expect(found.get(visitor)).toEqual(Array.from({ length: count }, (_, n) => n));
  }
});

test('a broker that hangs holds nobody up for long, and loses nothing when it goes on', async () => {
  const { url } = await startCollector();
  const traffic = startTraffic(() => url);
  await traffic.more(20);
  await broker.pause();
  try {
    const begun = performance.now();
    await traffic.more(50);
    expect(performance.now() - begun).toBeLessThan(15_000);
  } finally {
    broker.resume();
  }
  await drained(url);
  await traffic.more(10);
  await traffic.stop();
  const found = await landed();
  for (const [visitor, count] of traffic.accepted) {
    expect(found.get(visitor)).toEqual(Array.from({ length: count }, (_, n) => n));
  }
});

test('the spool takes no more disk than it may; then events are refused, until Kafka is back', async () => {
  const maxBytes = 2 * 1024 * 1024;
  const { url } = await startCollector({ CARTLEDGER_COLLECTOR_SPOOL_MAX_BYTES: `${maxBytes}` });
  await broker.kill();
  const title = 'x'.repeat(30_000);
  let n = 0;
  let status = await post(url, { visitor: 'a', n, title });
  while (status === 202) status = await post(url, { visitor: 'a', n: ++n, title });
  expect(status).toBe(503);
  expect(n).toBeGreaterThan(40);
  expect(statSync(join(spool, '0', 'event-log.db')).size).toBeLessThanOrEqual(maxBytes);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    checks: { event_log: { ok: false, reason: expect.stringContaining('the spool has no room') } },
  });
  await broker.restart();
  await drained(url);
  expect(await post(url, { visitor: 'a', n, title })).toBe(202);
  expect((await landed()).get('a')).toEqual(Array.from({ length: n + 1 }, (_, i) => i));
});

test('what a killed collector has left, another of the same directory sends', async () => {
  const first = await startCollector();
  const second = await startCollector();
  await broker.kill();
  for (let n = 0; n < 5; n++) {
    expect(await post(first.url, { visitor: 'a', n })).toBe(202);
    expect(await post(second.url, { visitor: 'b', n })).toBe(202);
  }
  await Promise.all([first.kill(), second.kill()]);
  await broker.restart();
  await startCollector();
  await until('both spools are drained', 60_000, async () => {
    const found = await landed();
    return found.get('a')?.length === 5 && found.get('b')?.length === 5;
  });
});
