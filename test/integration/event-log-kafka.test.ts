import {
  createKafkaLog,
  type EventLog,
  type KafkaDriver,
  type LogRecord,
  loadKafkaDriver,
} from '@cartledger/event-log';
import { eventLogConformance } from '@cartledger/event-log/conformance';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { KAFKA_DRIVERS } from './kafka-drivers.ts';

describe.each(KAFKA_DRIVERS)('over %s', (driverName) => {
  eventLogConformance('the Kafka log', async () => {
    const driver = await loadKafkaDriver(driverName);
    const brokers = inject('kafkaBrokers');
    const opened: EventLog[] = [];
    const open = async () => {
      const log = createKafkaLog({ brokers, clientId: 'conformance', driver });
      opened.push(log);
      return log;
    };
    const log = await open();
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return {
      log,
      async reopen() {
        await opened[0]?.stop();
        return open();
      },
      another: open,
      async deleteTopic(topic) {
        await admin.deleteTopics({ topics: [topic] });
      },
      async truncate(topic, partition, before) {
        await admin.fetchTopicOffsets(topic); // kafkajs deletes only of topics it has met
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: before.toString() }] });
      },
      async shorten(topic, groupId, partition, by) {
        // What a broker is left with that lost the end of a partition: a commit beyond it.
        const [range] = (await log.offsets(topic)).filter((each) => each.partition === partition);
        const offset = `${(range?.end ?? 0n) + by}`;
        await admin.setOffsets({ groupId, topic, partitions: [{ partition, offset }] });
        return open();
      },
      async close() {
        await Promise.all(opened.map((log) => log.stop()));
        await admin.disconnect();
      },
    };
  });

  describe('the Kafka log reads what others write', () => {
    const topicFor = (name: string) => `foreign-${name}-${process.pid}-${Date.now()}`;
    const client = () => new Kafka({ brokers: inject('kafkaBrokers').split(','), logLevel: logLevel.NOTHING });
    let log: EventLog;

    beforeEach(async () => {
      const driver = await loadKafkaDriver(driverName);
      log = createKafkaLog({ brokers: inject('kafkaBrokers'), clientId: 'foreign', driver });
    });
    afterEach(() => log.stop());

    async function makeTopic(topic: string, config: Record<string, string>): Promise<void> {
      const admin = client().admin();
      await admin.connect();
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
      await admin.disconnect();
    }

    async function readAll(topic: string): Promise<LogRecord[]> {
      const records: LogRecord[] = [];
      for await (const record of log.read(topic, 0, 0n, 1_000_000n)) {
        records.push(record);
      }
      return records;
    }

    test.each(['gzip', 'snappy', 'lz4', 'zstd'])('compressed with %s', async (compression) => {
      const topic = topicFor(compression);
      await makeTopic(topic, { 'compression.type': compression }); // the broker then compresses what it is sent
      const values = Array.from({ length: 3_000 }, (_, i) => `${i} `.repeat((i * 7919) % 97) + Math.sin(i));
      await log.produce(
        topic,
        values.map((value, i) => ({ key: `${i}`, value: Buffer.from(value) })),
      );
      expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(values);
    });

    test('in transactions: the committed ones only, and control records do not stop reading or following', async () => {
      const topic = topicFor('transactions');
      await makeTopic(topic, {});
      const producer = client().producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      const send = async (values: string[], end: 'commit' | 'abort') => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: values.map((value) => ({ key: 'k', value })) });
        await transaction[end]();
      };
      await send(['a', 'b'], 'commit');
      await send(['c', 'd'], 'abort');
      await send(['e'], 'abort');
      await send(['f'], 'commit');
      await producer.disconnect();

      expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['a', 'b', 'f']);

      const got: string[] = [];
      const consumer = await log.consume({
        topic,
        groupId: topic,
        handlers: {
          onAssigned: async () => 'earliest',
          onRevoked() {},
          onBatch: ({ records }) => void got.push(...Array.from(records, ({ value }) => String(value))),
          onGap() {},
          onFatal() {},
        },
      });
      await vi.waitUntil(() => got.length >= 3, { timeout: 20_000 });
      await log.produce(topic, [{ key: 'k', value: Buffer.from('g') }]);
      await vi.waitUntil(() => got.length >= 4, { timeout: 20_000 });
      expect(got).toEqual(['a', 'b', 'f', 'g']);
      await consumer.stop();
    });

    test('headers given twice count as last given, and null ones as empty', async () => {
      const topic = topicFor('headers');
      await makeTopic(topic, {});
      const producer = client().producer();
      await producer.connect();
      await producer.send({ topic, messages: [{ key: null, value: 'v', headers: { twice: ['1', '2'] } }] });
      await producer.disconnect();
      const [record] = await readAll(topic);
      expect(record).toMatchObject({ key: null, headers: { twice: Buffer.from('2') } });
    });

    test('a topic made again answers no fetch of the one before: nothing of it is handed over under the earlier id', async () => {
      const topic = topicFor('again');
      const of = new Map<number, string>();
      const got: { epoch: string | undefined; text: string }[] = [];
      const write = (texts: string[]) =>
        log.produce(
          topic,
          texts.map((text) => ({ key: 'k', value: Buffer.from(text) })),
        );
      await makeTopic(topic, {});
      const before = await log.topicEpoch(topic);
      const consumer = await log.consume({
        topic,
        groupId: topic,
        handlers: {
          async onAssigned({ assignmentEpoch, topicEpoch }) {
            of.set(assignmentEpoch, topicEpoch);
            return 'earliest';
          },
          onRevoked() {},
          onBatch: ({ assignmentEpoch, records }) =>
            void got.push(
              ...Array.from(records, ({ value }) => ({ epoch: of.get(assignmentEpoch), text: String(value) })),
            ),
          onGap() {},
          onFatal() {},
        },
      });
      await write(['a', 'b']);
      await vi.waitUntil(() => got.length === 2, { timeout: 20_000 });
      const admin = client().admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await admin.disconnect();
      await makeTopic(topic, {});
      await write(['1', '2', '3', '4']);
      // Nothing is committed, and no timer looks for 30 s: the fetch itself is refused.
      await vi.waitUntil(() => got.some(({ text }) => text === '4'), { timeout: 20_000 });
      const after = await log.topicEpoch(topic);
      expect(after).not.toBe(before);
      expect(got).toEqual([
        ...['a', 'b'].map((text) => ({ epoch: before, text })),
        ...['1', '2', '3', '4'].map((text) => ({ epoch: after, text })),
      ]);
      await consumer.stop();
    });

    test("a topic's own lower limit refuses only the records over it", async () => {
      const topic = topicFor('limit');
      await makeTopic(topic, { 'max.message.bytes': '20000' });
      const small = Array.from({ length: 60 }, (_, i) => ({ key: 'k', value: Buffer.alloc(1_000, `${i % 10}`) }));
      const large = [{ key: 'k', value: Buffer.alloc(30_000) }];
      const [smallCall, largeCall] = await Promise.allSettled([log.produce(topic, small), log.produce(topic, large)]);
      expect(smallCall.status).toBe('fulfilled');
      expect(largeCall).toMatchObject({ status: 'rejected', reason: { code: 'too_large', retriable: false } });
      expect(await readAll(topic)).toHaveLength(60);
    });

    test('nothing is printed by the client or about its timers', async () => {
      const warnings: string[] = [];
      const keep = (warning: Error) => void warnings.push(warning.name);
      process.on('warning', keep);
      const topic = topicFor('quiet');
      const printed = vi.spyOn(console, 'log');
      await log.ensureTopic(topic, { partitions: 1 });
      await log.produce(topic, [{ key: 'k', value: Buffer.from('v') }]);
      await readAll(topic);
      process.off('warning', keep);
      expect(printed).not.toHaveBeenCalled();
      expect(warnings).toEqual([]);
    });
  });
});

test('members over different clients share a group, and each goes on behind what the other committed', async () => {
  const topic = `mixed-${process.pid}-${Date.now()}`;
  const member = async (driverName: KafkaDriver) => {
    const driver = await loadKafkaDriver(driverName);
    const log = createKafkaLog({ brokers: inject('kafkaBrokers'), clientId: driverName, driver });
    onTestFinished(() => log.stop());
    await log.ensureTopic(topic, { partitions: 2 });
    const held = new Set<number>();
    const got: string[] = [];
    const told: string[] = [];
    const consumer = await log.consume({
      topic,
      groupId: topic,
      handlers: {
        async onAssigned({ partition, committed }) {
          held.add(partition);
          told.push(committed?.metadata ?? '');
          return committed?.offset ?? 'earliest';
        },
        onRevoked: (partition) => void held.delete(partition),
        onBatch({ partition, assignmentEpoch, records }) {
          got.push(...Array.from(records, ({ value }) => String(value)));
          void consumer.commit(partition, assignmentEpoch, records.offsetAt(-1) + 1n, driverName);
        },
        onGap() {},
        onFatal() {},
      },
    });
    return { log, consumer, held, got, told };
  };
  const written = (from: number) => Array.from({ length: 40 }, (_, i) => `${from + i}`);
  const write = (log: EventLog, values: string[]) =>
    log.produce(
      topic,
      values.map((value) => ({ key: value, value: Buffer.from(value) })),
    );

  const [first, second] = await Promise.all([member('kafkajs'), member('platformatic')]);
  await vi.waitUntil(() => first.held.size === 1 && second.held.size === 1, { timeout: 30_000 });
  await write(first.log, written(0));
  await vi.waitUntil(() => first.got.length + second.got.length === 40, { timeout: 20_000 });
  const committed = async () => [...(await first.log.committed(topic, topic)).values()];
  await vi.waitUntil(async () => (await committed()).reduce((sum, { offset }) => sum + offset, 0n) === 40n);
  await first.consumer.stop();
  await vi.waitUntil(() => second.held.size === 2, { timeout: 30_000 });
  await write(second.log, written(40));
  await vi.waitUntil(() => first.got.length + second.got.length === 80, { timeout: 20_000 });
  expect(second.told).toContain('kafkajs');
  expect(new Set([...first.got, ...second.got])).toEqual(new Set([...written(0), ...written(40)]));
});
