/**
 * What Kafka and its clients really do, each shown against a real broker, and what our log makes of it. A topic made anew
 * under a live consumer, offsets that retention removed and control records are in the conformance suite and in
 * event-log-kafka.test.ts too, for every driver.
 */
import { mkdtempSync, rmSync } from 'node:fs';
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
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { partitionOf } from '../../packages/event-log/src/murmur2.ts';
import { createTailProbe } from '../../services/ingest/src/tail-probe.ts';
import { DRIVERS_AT_LENGTH } from './kafka-drivers.ts';
import { eventually } from './until.ts';

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

const patientClient = (): Kafka => new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING });

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
  const seen: { partition: number; epoch: number; offset: bigint; text: string; isCurrent: boolean }[] = [];
  const current = new Map<number, number>();
  const assigned: number[] = [];
  const gaps: { from: bigint; to: bigint }[] = [];
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
      onGap: (_, from, to) => void gaps.push({ from, to }),
      onFatal: (error) => void fatal.push(error),
      onBatch: ({ partition, assignmentEpoch, records }) => {
        const isCurrent = current.get(partition) === assignmentEpoch;
        for (const { offset, value } of records)
          seen.push({ partition, epoch: assignmentEpoch, offset, text: String(value), isCurrent });
        if (commits) answers.push(consumer.commit(partition, assignmentEpoch, records.offsetAt(-1) + 1n, ''));
      },
    },
  });
  onTestFinished(() => consumer.stop());
  return { seen, assigned, current, gaps, fatal, answers, consumer };
};

/** A member of the group of `follow` that reads nothing: what it commits is of partitions that are not its own. */
const joinAsAnother = async (topic: string): Promise<Consumer> => {
  const another = patientClient().consumer({ groupId: `${topic}-group` });
  onTestFinished(() => another.disconnect());
  await another.connect();
  await another.subscribe({ topic });
  const joined = Promise.withResolvers<void>();
  another.on(another.events.GROUP_JOIN, () => joined.resolve());
  await another.run({ autoCommit: false, eachMessage: async () => {} });
  await joined.promise;
  return another;
};

describe.each(DRIVERS_AT_LENGTH)('over %s', (driver) => {
  const openLog = (options: Partial<KafkaLogOptions> = {}): Promise<EventLog> => openOver(driver, options);

  test('a send that finally failed is not acknowledged in the place of another: what is acknowledged is there', async () => {
    const patient = await openLog();
    const topic = await newTopic(patient);
    await patient.produce(topic, [record('before')]);
    const log = await openLog({ producePatienceMs: 1_000 });
    const send = (text: string) => log.produce(topic, [record(text)]).catch((error: unknown) => error);
    await eventually(async () => (await send('warm')) === undefined);
    await broker.pause();
    const refused = await Promise.race([send('first'), delay(40_000, 'hangs')]);
    broker.resume();
    expect(refused).toMatchObject({ name: 'EventLogError', retriable: true });
    await eventually(async () => (await send('second')) === undefined);
    expect(await textOf(patient, topic)).toContain('second');
  });

  test('commits are not fenced by partition: one of a member that has lost it disturbs no reader, and holds until the reader commits', async () => {
    const log = await openLog();
    const topic = await newTopic(log, 2);
    const reader = await follow(log, topic);
    const zombie = await joinAsAnother(topic);
    await eventually(() => reader.current.size === 1 && reader.assigned.length >= 1);
    const [partition = -1] = reader.current.keys();
    const key = ['a', 'b', 'c', 'd', 'e', 'f'].find((key) => partitionOf(key, 2) === partition) ?? '';
    const write = (...texts: string[]) =>
      log.produce(
        topic,
        texts.map((text) => ({ key, value: Buffer.from(text) })),
      );
    const committed = async () => (await log.committed(topic, `${topic}-group`)).get(partition)?.offset;
    const setBack = () => zombie.commitOffsets([{ topic, partition, offset: '1' }]);

    await write('1', '2', '3', '4');
    await eventually(async () => (await committed()) === 4n);
    const assignments = reader.assigned.length;
    await setBack();
    expect(await committed()).toBe(1n);
    await write('5');
    await eventually(async () => (await committed()) === 5n);
    expect(reader.seen.map(({ text }) => text)).toEqual(['1', '2', '3', '4', '5']);
    expect(reader.assigned).toHaveLength(assignments);
    expect([reader.fatal, reader.gaps]).toEqual([[], []]);

    // One that comes last is where the next owner begins: a repeat, and no loss.
    await setBack();
    await Promise.all([reader.consumer.stop(), zombie.disconnect()]);
    const next = await follow(log, topic);
    await eventually(() => next.seen.length === 4);
    expect(next.seen.map(({ text }) => text)).toEqual(['2', '3', '4', '5']);
  });

  test('a pause and a position do not outlive a rebalance: what is assigned anew is read from its commit', async () => {
    const log = await openLog();
    const topic = await newTopic(log, 2);
    const write = (from: number, to: number) =>
      log.produce(
        topic,
        Array.from({ length: to - from }, (_, i) => record(from + i)),
      );
    await write(0, 40);
    const first = await follow(log, topic, { commits: false });
    await eventually(() => first.seen.length === 40);
    // Its position is at the end by now, and its commit is not.
    for (const [partition, epoch] of first.current) {
      expect(await first.consumer.commit(partition, epoch, 5n, '')).toBe(true);
      first.consumer.pause(partition);
    }
    await write(40, 60);
    const second = await follow(await openLog(), topic, { commits: false });
    await eventually(() => second.assigned.length > 0);
    await second.consumer.stop();
    const ends = new Map((await log.offsets(topic)).map(({ partition, end }) => [partition, Number(end)]));
    const readAnew = (partition: number) =>
      first.seen.filter((one) => one.partition === partition && one.epoch === first.current.get(partition));
    await eventually(() => [...ends].every(([partition, end]) => readAnew(partition).length >= end - 5));
    for (const [partition, end] of ends) {
      const offsets = readAnew(partition).map(({ offset }) => Number(offset));
      expect(offsets).toEqual(Array.from({ length: end - 5 }, (_, i) => 5 + i));
    }
    expect(new Set(first.seen.map(({ text }) => text)).size).toBe(60);
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
    const producer = patientClient().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'after', value: 'after' }] });
    await transaction.commit();
    await eventually(() => reader.seen.some(({ text }) => text === 'after'));
    expect([reader.gaps, reader.fatal]).toEqual([[], []]);

    // The marker of the transaction is the last offset: who has read everything stands before it, and lags by nothing.
    const position = (reader.seen.at(-1)?.offset ?? 0n) + 1n;
    const [{ end } = expect.fail()] = await log.offsets(topic);
    expect(end - position).toBe(1n);
    expect(await createTailProbe({ log, topic }).isEmpty(0, position, end)).toBe(true);
    expect(await createTailProbe({ log, topic }).isEmpty(0, position - 1n, end)).toBe(false);
  });
});
