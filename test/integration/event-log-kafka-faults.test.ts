import { globSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafkaLog, type EventLog, EventLogError, type KafkaDriver, loadKafkaDriver } from '@cartledger/event-log';
import { type Kafka as Broker, startKafka } from '@cartledger/local-stack';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DRIVERS_AT_LENGTH, KAFKA_DRIVERS } from './kafka-drivers.ts';
import { followNumbers } from './numbered-records.ts';
import { eventually } from './until.ts';

/** A broker of its own, which these tests kill. */
let broker: Broker;
const dir = mkdtempSync(join(tmpdir(), 'event-log-faults-'));
const logs: EventLog[] = [];

beforeAll(async () => {
  broker = await startKafka({ dir });
});
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.stop()));
});
afterAll(async () => {
  await broker.stop();
  rmSync(dir, { recursive: true });
});

async function openLog(driver: KafkaDriver): Promise<EventLog> {
  const log = createKafkaLog({ brokers: broker.brokers, clientId: 'faults', driver: await loadKafkaDriver(driver) });
  logs.push(log);
  return log;
}

/** Leaves only the first batches of the partition on the disk of the broker, which must be down. */
const keepBatches = (topicPartition: string, batches: number): void => {
  const [segment = expect.fail()] = globSync(join(dir, '**', topicPartition, '00000000000000000000.log'));
  const bytes = readFileSync(segment);
  let size = 0;
  for (let batch = 0; batch < batches; batch++) size += 12 + bytes.readInt32BE(size + 8); // base offset, then a length
  truncateSync(segment, size);
};

const record = (n: number) => ({ key: `key-${n % 7}`, value: Buffer.from(`${n}`) });

describe.each(KAFKA_DRIVERS)('over %s', (driver) => {
  test('a broker killed and started again loses nothing acknowledged, and readers and writers go on by themselves', async () => {
    const log = await openLog(driver);
    await log.ensureTopic(`killed-${driver}`, { partitions: 3 });
    const { got, fatal } = await followNumbers(log, `killed-${driver}`, `killed-${driver}-group`);
    const acknowledged: number[] = [];
    const failures: unknown[] = [];
    const stop = new AbortController();
    const writing = (async () => {
      for (let n = 0; !stop.signal.aborted; n += 10) {
        const numbers = Array.from({ length: 10 }, (_, i) => n + i);
        try {
          await log.produce(`killed-${driver}`, numbers.map(record));
          acknowledged.push(...numbers);
        } catch (error) {
          failures.push(error);
        }
      }
    })();
    await eventually(() => acknowledged.length >= 500 && got.length >= 300);
    const before = acknowledged.length;
    await broker.kill();
    await eventually(() => failures.length > 0);
    await broker.restart();
    await eventually(() => acknowledged.length >= before + 500);
    stop.abort();
    await writing;
    await eventually(() => new Set(acknowledged).difference(new Set(got)).size === 0);

    expect(fatal).toEqual([]);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(EventLogError);
      expect(failure).toMatchObject({ retriable: true });
    }
    expect(await log.healthy()).toBe(true);
  });
});

describe.each(DRIVERS_AT_LENGTH)('over %s', (driver) => {
  test('a broker that comes back with a shorter partition is read again from the start, and nothing written after is missed', async () => {
    const log = await openLog(driver);
    const topic = `shorter-${driver}`;
    await log.ensureTopic(topic, { partitions: 1 });
    const { got, assigned, stored, fatal } = await followNumbers(log, topic, `${topic}-group`);
    for (let n = 0; n < 20; n++) await log.produce(topic, [record(n)]);
    await eventually(() => got.length === 20 && stored.commits > 0);
    await broker.kill();
    keepBatches(`${topic}-0`, 12);
    await broker.restart();
    await eventually(() => assigned.some(({ lostTail }) => lostTail !== undefined));
    for (let n = 100; n < 105; n++) await log.produce(topic, [record(n)]);
    const kept = Array.from({ length: 12 }, (_, n) => n);
    await eventually(
      () => got.length >= 20 + 12 + 5,
      () => ({ got, assigned: assigned.length }),
    );
    expect(got.slice(20)).toEqual([...kept, 100, 101, 102, 103, 104]);
    expect(assigned.find(({ lostTail }) => lostTail)).toMatchObject({ lostTail: { position: 20n, end: 12n } });
    expect(fatal).toEqual([]);
  });

  test('while no broker answers, calls fail as retriable in bounded time and the log is not healthy', async () => {
    const log = await openLog(driver);
    await log.ensureTopic(`gone-${driver}`, { partitions: 1 });
    await log.produce(`gone-${driver}`, [record(1)]);
    await broker.kill();
    try {
      const begun = performance.now();
      expect(await log.healthy()).toBe(false);
      const unavailable = { name: 'EventLogError', retriable: true };
      // Each waits for as long as it may: all at once.
      const calls = [
        log.produce(`gone-${driver}`, [record(2)]),
        log.offsets(`gone-${driver}`),
        log.topicEpoch(`gone-${driver}`),
        followNumbers(log, `gone-${driver}`, `gone-${driver}-group`),
      ];
      await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject(unavailable)));
      expect(performance.now() - begun).toBeLessThan(30_000);
    } finally {
      await broker.restart();
    }
    await log.produce(`gone-${driver}`, [record(3)]);
    expect(await log.healthy()).toBe(true);
  });

  test('stopping is quick also while no broker answers', async () => {
    const log = await openLog(driver);
    await log.ensureTopic(`stopping-${driver}`, { partitions: 1 });
    const { assigned } = await followNumbers(log, `stopping-${driver}`, `stopping-${driver}-group`);
    await eventually(() => assigned.length === 1);
    await broker.kill();
    try {
      const begun = performance.now();
      await log.stop();
      expect(performance.now() - begun).toBeLessThan(25_000);
    } finally {
      await broker.restart();
    }
  });
});
