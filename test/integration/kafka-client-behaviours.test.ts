/**
 * What Kafka and its clients really do, each shown against a real broker, and what our log makes of it. A topic made anew
 * under a live consumer, offsets that retention removed and control records are in the conformance suite and in
 * event-log-kafka.test.ts too, for every driver.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createKafkaLog,
  type EventLog,
  type KafkaDriver,
  type KafkaLogOptions,
  type LogConsumer,
  loadKafkaDriver,
} from '@cartledger/event-log';
import { type Kafka as Broker, startKafka } from '@cartledger/local-stack';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DRIVERS_AT_LENGTH } from './kafka-drivers.ts';
import { eventually } from './until.ts';

const SESSION_MS = 10_000;

const dir = mkdtempSync(join(tmpdir(), 'client-behaviours-'));
let broker: Broker;
let topics = 0;

beforeAll(async () => {
  // The cleaner looks all the time, so that compaction can be waited for.
  broker = await startKafka({ dir, properties: { 'log.cleaner.backoff.ms': 100 } });
});
afterAll(async () => {
  await broker.stop();
  rmSync(dir, { recursive: true });
});

const openOver = async (name: KafkaDriver, options: Partial<KafkaLogOptions> = {}): Promise<EventLog> => {
  const driver = await loadKafkaDriver(name);
  const log = createKafkaLog({ brokers: broker.brokers, clientId: 'behaviours', driver, ...options });
  onTestFinished(() => log.stop());
  return log;
};

const client = (): Kafka =>
  new Kafka({
    brokers: [broker.brokers],
    logLevel: logLevel.NOTHING,
    requestTimeout: 1_000,
    retry: { retries: 0, maxRetryTime: 100 },
  });

const newTopic = async (log: EventLog, partitions = 1): Promise<string> => {
  const topic = `behaviour-${topics++}`;
  await log.ensureTopic(topic, { partitions });
  return topic;
};

const textOf = async (log: EventLog, topic: string): Promise<string[]> => {
  const texts: string[] = [];
  for await (const { value } of log.read(topic, 0, 0n, 1_000_000n)) texts.push(String(value));
  return texts;
};

const record = (text: string | number) => ({ key: `${text}`, value: Buffer.from(`${text}`) });

/** A member of the group that commits all it gets unless told otherwise. */
const follow = async (log: EventLog, topic: string, { commits = true }: { commits?: boolean } = {}) => {
  const seen: { partition: number; offset: bigint; text: string; isCurrent: boolean }[] = [];
  const current = new Map<number, number>();
  const assigned: number[] = [];
  const fatal: Error[] = [];
  const answers: Promise<boolean>[] = [];
  const consumer: LogConsumer = await log.consume({
    topic,
    groupId: `${topic}-group`,
    handlers: {
      onAssigned: async ({ partition, assignmentEpoch, committed }) => {
        current.set(partition, assignmentEpoch);
        assigned.push(partition);
        return committed?.offset ?? 'earliest';
      },
      onRevoked: (partition) => void current.delete(partition),
      onGap: () => {},
      onFatal: (error) => void fatal.push(error),
      onBatch: ({ partition, assignmentEpoch, records }) => {
        const isCurrent = current.get(partition) === assignmentEpoch;
        for (const { offset, value } of records) seen.push({ partition, offset, text: String(value), isCurrent });
        if (commits) answers.push(consumer.commit(partition, assignmentEpoch, records.offsetAt(-1) + 1n, ''));
      },
    },
  });
  onTestFinished(() => consumer.stop());
  return { seen, assigned, fatal, answers, consumer };
};

/** The signal stops its threads one by one: before the last one stands, what is fast may still be answered. */
const hang = async (): Promise<void> => {
  broker.pause();
  const threads = `/proc/${broker.pid}/task`;
  const stands = (thread: string) => / T /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'));
  await eventually(() => readdirSync(threads).every(stands));
};

/** Sends `first` while the broker hangs, so that it finally fails, then `second` when it answers again. */
const failThenSend = async (producer: Producer, topic: string) => {
  await producer.send({ topic, messages: [{ value: 'before' }], acks: -1 });
  await hang();
  const failed = await producer.send({ topic, messages: [{ value: 'first' }], acks: -1 }).then(
    () => false,
    () => true,
  );
  broker.resume();
  for (let tries = 0; ; tries++) {
    try {
      await producer.send({ topic, messages: [{ value: 'second' }], acks: -1 });
      return failed;
    } catch (error) {
      if (tries === 20) throw error;
      await delay(250); // kafkajs connects anew
    }
  }
};

test('why the producer is not idempotent: kafkajs sends the next record under the sequence of the one that failed', async () => {
  const log = await openOver('kafkajs');
  const topic = await newTopic(log);
  const producer = client().producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  expect(await failThenSend(producer, topic)).toBe(true);
  // It took the first from its socket when it went on, and answered the second as a repeat of it.
  expect(await textOf(log, topic)).toEqual(['before', 'first']);
});

describe.each(DRIVERS_AT_LENGTH)('over %s', (driver) => {
  const openLog = (options: Partial<KafkaLogOptions> = {}): Promise<EventLog> => openOver(driver, options);

  test('a send that finally failed is not acknowledged in the place of another: what is acknowledged is there', async () => {
    const patient = await openLog();
    const topic = await newTopic(patient);
    await patient.produce(topic, [record('before')]);
    const log = await openLog({ producePatienceMs: 1_000 });
    const send = (text: string) => log.produce(topic, [record(text)]).catch((error: unknown) => error);
    await eventually(async () => (await send('warm')) === undefined);
    await hang();
    const refused = await Promise.race([send('first'), delay(40_000, 'hangs')]);
    broker.resume();
    expect(refused).toMatchObject({ name: 'EventLogError', retriable: true });
    await eventually(async () => (await send('second')) === undefined);
    expect(await textOf(patient, topic)).toContain('second');
  });

  test('a group that is set back by somebody else disturbs no reader, and is read again from there by the next', async () => {
    const log = await openLog();
    const topic = await newTopic(log);
    await log.produce(topic, [1, 2, 3, 4].map(record));
    const reader = await follow(log, topic);
    await eventually(() => reader.seen.length === 4);
    await Promise.all(reader.answers);
    // As a worker does that lost its partition: the broker asks for no membership when no generation is named.
    await reader.consumer.stop();
    const admin = client().admin();
    await admin.connect();
    await admin.setOffsets({ groupId: `${topic}-group`, topic, partitions: [{ partition: 0, offset: '1' }] });
    await admin.disconnect();
    const next = await follow(log, topic);
    await eventually(() => next.seen.length === 3);
    expect(next.seen.map(({ text }) => text)).toEqual(['2', '3', '4']);
  });

  test('a pause and a position do not outlive a rebalance: what is assigned anew is read from its commit', async () => {
    const log = await openLog();
    const topic = await newTopic(log, 2);
    const first = await follow(log, topic);
    await eventually(() => first.assigned.length === 2);
    for (const partition of [0, 1]) first.consumer.pause(partition);
    const second = await follow(await openLog(), topic);
    await eventually(() => second.assigned.length > 0);
    await second.consumer.stop();
    const before = first.assigned.length;
    await log.produce(
      topic,
      Array.from({ length: 40 }, (_, i) => record(i)),
    );
    await eventually(() => new Set(first.seen.map(({ text }) => text)).size === 40);
    expect(first.assigned.length).toBeGreaterThanOrEqual(before);
    expect(first.seen).toHaveLength(40);
  });

  test('no batch is handed over under an assignment that is over, however often the group is rebalanced', async () => {
    const log = await openLog();
    const topic = await newTopic(log, 4);
    const first = await follow(log, topic);
    let sent = 0;
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) {
        await log.produce(
          topic,
          Array.from({ length: 200 }, () => record(sent++)),
        );
      }
    })();
    const others: Awaited<ReturnType<typeof follow>>[] = [];
    for (let round = 0; round < 3; round++) {
      const other = await follow(await openLog(), topic);
      others.push(other);
      await eventually(() => other.seen.length > 0);
      await other.consumer.stop();
    }
    stop.abort();
    await writing;
    const all = () => [first, ...others].flatMap(({ seen }) => seen);
    await eventually(() => new Set(all().map(({ text }) => text)).size === sent);
    expect(all().filter(({ isCurrent }) => !isCurrent)).toEqual([]);
    expect([first, ...others].flatMap(({ fatal }) => fatal)).toEqual([]);
  });

  test('gaps that compaction leaves, also at the end, neither stop reading nor count as lost', async () => {
    const log = await openLog();
    const topic = `behaviour-${topics++}`;
    const admin = client().admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    const config = {
      'cleanup.policy': 'compact',
      'segment.ms': '200',
      'min.cleanable.dirty.ratio': '0.001',
      'max.compaction.lag.ms': '200',
      'delete.retention.ms': '100',
    };
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    for (let round = 0; round < 20; round++)
      await log.produce(topic, [
        { key: 'same', value: Buffer.from(`same ${round}`) },
        { key: `own ${round}`, value: Buffer.from(`own ${round}`) },
      ]);
    // Of later than the segment's time: it begins another, and the first may be cleaned.
    await log.produce(topic, [{ ...record('last'), timestamp: Date.now() + 1_000 }]);
    await eventually(async () => (await textOf(log, topic)).filter((text) => text.startsWith('same')).length < 20);
    const kept = await textOf(log, topic);
    const reader = await follow(log, topic);
    await eventually(() => reader.seen.some(({ text }) => text === 'last'));
    expect(reader.seen.filter(({ text }) => text.startsWith('own'))).toHaveLength(20);
    expect(reader.seen.length).toBeLessThanOrEqual(kept.length);
    await log.produce(topic, [record('after')]);
    await eventually(() => reader.seen.some(({ text }) => text === 'after'));
  });

  test('work that takes longer than the session costs no partition: handing over waits for nothing', async () => {
    const log = await openLog();
    const topic = await newTopic(log);
    const reader = await follow(log, topic, { commits: false });
    await log.produce(topic, [record(1)]);
    await eventually(() => reader.seen.length === 1);
    await delay(SESSION_MS * 1.3); // an insert that hangs for longer than a member may be silent
    await log.produce(topic, [record(2)]);
    await eventually(() => reader.seen.length === 2);
    expect(reader.assigned).toEqual([0]);
    expect(reader.fatal).toEqual([]);
  });
});
