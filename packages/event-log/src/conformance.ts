import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { partitionOf } from './murmur2.ts';
import type { Assignment, ConsumerHandlers, EventLog, LogConsumer, LogRecord, RecordBatch } from './port.ts';

/** What the suite needs of a driver under test. */
export type LogUnderTest = {
  log: EventLog;
  /** Ends the log and opens it anew, as a restarted process would. */
  reopen(): Promise<EventLog>;
  /** A second log on the same data, as another process would have; null where there can be only one. */
  another: (() => Promise<EventLog>) | null;
  deleteTopic(topic: string): Promise<void>;
  /** Removes the records of a partition below `before`, as retention would. */
  truncate(topic: string, partition: number, before: bigint): Promise<void>;
  /** Releases everything. */
  close(): Promise<void>;
};

const PATIENCE_MS = 30_000;

/** Waits for a condition, and says at the end of its patience what stood there. */
async function until(what: () => boolean, describeState: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!what()) {
    if (performance.now() > deadline) {
      throw new Error(`not so after ${PATIENCE_MS} ms: ${what} ${JSON.stringify(describeState())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type Seen = {
  assigned: Assignment[];
  revoked: number[];
  batches: RecordBatch[];
  gaps: { partition: number; from: bigint; to: bigint }[];
  fatal: Error[];
};

/** Handlers that keep what they were told and start where `start` says. */
function recorder(start: (assignment: Assignment) => bigint | 'earliest' = resumeOrEarliest) {
  const seen: Seen = { assigned: [], revoked: [], batches: [], gaps: [], fatal: [] };
  const handlers: ConsumerHandlers = {
    async onAssigned(assignment) {
      seen.assigned.push(assignment);
      return start(assignment);
    },
    onRevoked: (partition) => void seen.revoked.push(partition),
    onBatch: (batch) => void seen.batches.push(batch),
    onGap: (partition, from, to) => void seen.gaps.push({ partition, from, to }),
    onFatal: (error) => void seen.fatal.push(error),
  };
  return { seen, handlers };
}

const resumeOrEarliest = ({ committed }: Assignment) => (committed ? committed.offset : 'earliest');

const recordsOf = (seen: Seen): LogRecord[] => seen.batches.flatMap((batch) => [...batch.records]);
const valuesOf = (records: readonly LogRecord[]): string[] => records.map((record) => String(record.value));
const numbered = (from: number, to: number, key = 'k') =>
  Array.from({ length: to - from }, (_, i) => ({ key, value: Buffer.from(`${from + i}`) }));

async function collect(records: AsyncIterable<LogRecord>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const record of records) {
    all.push(record);
  }
  return all;
}

/** What every driver of the port promises. */
export function eventLogConformance(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`${name} keeps the promises of the event log`, () => {
    let under: LogUnderTest;
    let log: EventLog;
    let topic: string;
    let count = 0;
    const consumers: LogConsumer[] = [];

    async function consume(
      handlers: ConsumerHandlers,
      options: { groupId?: string; from?: EventLog; maxBatchBytes?: number } = {},
    ) {
      const { groupId = `${topic}-group`, from = log, ...rest } = options;
      const consumer = await from.consume({ topic, groupId, handlers, ...rest });
      consumers.push(consumer);
      return consumer;
    }

    beforeEach(async () => {
      under = await make();
      log = under.log;
      topic = `conformance-${process.pid}-${Date.now()}-${count++}`;
      await log.ensureTopic(topic, { partitions: 3 });
    });
    afterEach(async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
      await under.close();
    });

    test('a record acknowledged is a record readable, in the order it was produced', async () => {
      await log.produce(topic, numbered(0, 500));
      await log.produce(topic, numbered(500, 600));
      const partition = partitionOf('k', 3);
      const records = await collect(log.read(topic, partition, 0n, 1_000_000n));
      expect(valuesOf(records)).toEqual(numbered(0, 600).map((r) => String(r.value)));
      expect(records.map((r) => r.offset)).toEqual(records.map((_, i) => BigInt(i)));
    });

    test('records with one key keep their order also across calls made at once', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => log.produce(topic, numbered(i * 10, i * 10 + 10))));
      const records = await collect(log.read(topic, partitionOf('k', 3), 0n, 1_000_000n));
      expect(valuesOf(records)).toEqual(numbered(0, 500).map((r) => String(r.value)));
    });

    test("a key's partition is the one Kafka's own clients choose", async () => {
      const keys = ['21', 'foobar', 'store:visitor-1', 'Ünïcode', ''];
      await log.produce(
        topic,
        keys.map((key) => ({ key, value: Buffer.from(key) })),
      );
      for (const key of keys) {
        const records = await collect(log.read(topic, partitionOf(key, 3), 0n, 100n));
        expect(records.map((record) => String(record.key))).toContain(key);
      }
    });

    test('key, value, headers and timestamp come back as they were given, empty and null values too', async () => {
      const bytes = Buffer.from([0, 255, 128, 10, 13]);
      await log.produce(topic, [
        {
          key: 'k',
          value: bytes,
          headers: { 'received-at': '123', raw: bytes, __proto__x: '' },
          timestamp: 1_600_000_000_123,
        },
        { key: 'k', value: Buffer.alloc(0), timestamp: 1 },
        { key: Buffer.from('k'), value: null, timestamp: 2 },
      ]);
      const [first, second, third] = await collect(log.read(topic, partitionOf('k', 3), 0n, 10n));
      expect(first).toEqual({
        partition: partitionOf('k', 3),
        offset: 0n,
        timestamp: 1_600_000_000_123,
        key: Buffer.from('k'),
        value: bytes,
        headers: { 'received-at': Buffer.from('123'), raw: bytes, __proto__x: Buffer.alloc(0) },
      });
      expect(second).toMatchObject({ value: Buffer.alloc(0), headers: {}, timestamp: 1 });
      expect(third).toMatchObject({ value: null, key: Buffer.from('k'), timestamp: 2 });
    });

    test('a record without a timestamp gets the time at which it was produced', async () => {
      const before = Date.now();
      await log.produce(topic, numbered(0, 1));
      const [record] = await collect(log.read(topic, partitionOf('k', 3), 0n, 1n));
      expect(record?.timestamp).toBeGreaterThanOrEqual(before - 1_000);
      expect(record?.timestamp).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    test('a record over the limit is refused as too_large and nothing of its call is written', async () => {
      const call = log.produce(topic, [...numbered(0, 1), { key: 'k', value: Buffer.alloc(20 * 1024 * 1024) }]);
      await expect(call).rejects.toMatchObject({ name: 'EventLogError', code: 'too_large', retriable: false });
      expect(await log.offsets(topic)).toEqual([0, 1, 2].map((partition) => ({ partition, earliest: 0n, end: 0n })));
    });

    test('a call larger than any one request is written whole and in order', async () => {
      const value = Buffer.alloc(60_000, 'x');
      await log.produce(
        topic,
        Array.from({ length: 100 }, (_, i) => ({ key: 'k', value, headers: { n: `${i}` } })),
      );
      const records = await collect(log.read(topic, partitionOf('k', 3), 0n, 1_000n));
      expect(records.map((record) => Number(String(record.headers.n)))).toEqual(
        Array.from({ length: 100 }, (_, i) => i),
      );
    });

    test('a topic nobody made is unknown_topic to every call', async () => {
      const unknown = { name: 'EventLogError', code: 'unknown_topic' };
      const missing = `${topic}-missing`;
      await expect(log.produce(missing, numbered(0, 1))).rejects.toMatchObject(unknown);
      await expect(log.offsets(missing)).rejects.toMatchObject(unknown);
      await expect(log.topicEpoch(missing)).rejects.toMatchObject(unknown);
      await expect(collect(log.read(missing, 0, 0n, 1n))).rejects.toMatchObject(unknown);
      await expect(collect(log.read(topic, 99, 0n, 1n))).rejects.toMatchObject(unknown);
      const { handlers } = recorder();
      await expect(log.consume({ topic: missing, groupId: 'g', handlers })).rejects.toMatchObject(unknown);
    });

    test('ensureTopic leaves an existing topic as it is', async () => {
      await log.produce(topic, numbered(0, 5));
      const epoch = await log.topicEpoch(topic);
      await log.ensureTopic(topic, { partitions: 7 });
      expect(await log.offsets(topic)).toHaveLength(3);
      expect(await log.topicEpoch(topic)).toBe(epoch);
    });

    test('read answers just the range asked for, and ends at the end of the log', async () => {
      await log.produce(topic, numbered(0, 100));
      const partition = partitionOf('k', 3);
      expect(valuesOf(await collect(log.read(topic, partition, 10n, 13n)))).toEqual(['10', '11', '12']);
      expect(valuesOf(await collect(log.read(topic, partition, 98n, 500n)))).toEqual(['98', '99']);
      expect(await collect(log.read(topic, partition, 5n, 5n))).toEqual([]);
      expect(await collect(log.read(topic, (partition + 1) % 3, 0n, 500n))).toEqual([]);
    });

    test('every partition is assigned, and its records come in offset order without gaps', async () => {
      const { seen, handlers } = recorder();
      await consume(handlers, { maxBatchBytes: 2_000 });
      await log.produce(
        topic,
        Array.from({ length: 3_000 }, (_, i) => ({ key: `key-${i % 50}`, value: Buffer.from(`${i}`) })),
      );
      await until(() => recordsOf(seen).length >= 3_000);
      expect(new Set(seen.assigned.map((a) => a.partition))).toEqual(new Set([0, 1, 2]));
      expect(seen.assigned.every((a) => a.committed === null)).toBe(true);
      for (const partition of [0, 1, 2]) {
        const batches = seen.batches.filter((batch) => batch.partition === partition);
        const offsets = batches.flatMap((batch) => batch.records.map((record) => record.offset));
        expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)));
        const epoch = seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch;
        for (const batch of batches) {
          expect(batch.assignmentEpoch).toBe(epoch);
          expect(batch.records.every((record) => record.partition === partition)).toBe(true);
          expect(batch.highWatermark).toBeGreaterThan(batch.records.at(-1)?.offset ?? 0n);
        }
      }
      expect(seen.fatal).toEqual([]);
    });

    test('no handler is called before consume has answered', async () => {
      await log.produce(topic, numbered(0, 1));
      const order: string[] = [];
      const { seen, handlers } = recorder();
      await consume({
        ...handlers,
        async onAssigned(assignment) {
          order.push('assigned');
          return handlers.onAssigned(assignment);
        },
      });
      order.push('consume answered');
      await until(() => recordsOf(seen).length === 1);
      expect(order).toEqual(['consume answered', 'assigned', 'assigned', 'assigned']);
    });

    test('offset and metadata committed are there after a restart, and reading goes on behind them', async () => {
      await log.produce(topic, numbered(0, 20));
      const partition = partitionOf('k', 3);
      const first = recorder();
      const consumer = await consume(first.handlers);
      await until(() => recordsOf(first.seen).length === 20);
      const epoch = first.seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch ?? -1;
      const metadata = JSON.stringify({ epoch: await log.topicEpoch(topic), note: 'ü' });
      expect(await consumer.commit(partition, epoch, 12n, metadata)).toBe(true);
      await consumer.stop();

      log = await under.reopen();
      expect(await log.committed(topic, `${topic}-group`)).toEqual(new Map([[partition, { offset: 12n, metadata }]]));
      expect(await log.committed(topic, `${topic}-other`)).toEqual(new Map());
      const second = recorder();
      await consume(second.handlers);
      await until(() => recordsOf(second.seen).length >= 8);
      expect(second.seen.assigned.find((a) => a.partition === partition)?.committed).toEqual({ offset: 12n, metadata });
      expect(valuesOf(recordsOf(second.seen))).toEqual(numbered(12, 20).map((r) => String(r.value)));
    });

    test('reading starts where onAssigned says, whatever was committed', async () => {
      await log.produce(topic, numbered(0, 10));
      const partition = partitionOf('k', 3);
      const first = recorder(() => 7n);
      const consumer = await consume(first.handlers);
      await until(() => recordsOf(first.seen).length >= 3);
      expect(valuesOf(recordsOf(first.seen))).toEqual(['7', '8', '9']);
      const epoch = first.seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch ?? -1;
      expect(await consumer.commit(partition, epoch, 10n, 'm')).toBe(true);
      await consumer.stop();

      const again = recorder(() => 'earliest');
      await consume(again.handlers);
      await until(() => recordsOf(again.seen).length >= 10);
      expect(valuesOf(recordsOf(again.seen))).toEqual(numbered(0, 10).map((r) => String(r.value)));
    });

    test('each assignment names the topic epoch it reads under', async () => {
      const { seen, handlers } = recorder();
      await consume(handlers);
      await until(() => seen.assigned.length === 3);
      const epoch = await log.topicEpoch(topic);
      expect(epoch).not.toBe('');
      expect(seen.assigned.map((a) => a.topicEpoch)).toEqual([epoch, epoch, epoch]);
    });

    test('nothing of a paused partition is handed over until it is resumed, and nothing is lost by it', async () => {
      const partition = partitionOf('k', 3);
      const otherKey = ['a', 'b', 'c', 'd', 'e', 'f'].find((key) => partitionOf(key, 3) !== partition) ?? '';
      const { seen, handlers } = recorder();
      let consumer: LogConsumer | undefined;
      consumer = await consume(
        {
          ...handlers,
          onBatch(batch) {
            handlers.onBatch(batch);
            if (batch.partition === partition) {
              consumer?.pause(partition);
            }
          },
        },
        { maxBatchBytes: 1_000 },
      );
      await log.produce(topic, numbered(0, 1));
      await until(() => recordsOf(seen).length === 1);
      await log.produce(topic, numbered(1, 50));
      await log.produce(topic, numbered(0, 50, otherKey));
      await until(() => recordsOf(seen).length >= 51);
      expect(recordsOf(seen).filter((record) => record.partition === partition)).toHaveLength(1);
      while (recordsOf(seen).length < 100) {
        const before = recordsOf(seen).length;
        consumer.resume(partition);
        await until(() => recordsOf(seen).length > before);
      }
      const values = valuesOf(recordsOf(seen).filter((record) => record.partition === partition));
      expect(values).toEqual(numbered(0, 50).map((r) => String(r.value)));
    });

    test('nothing is handed over after stop, and commits answer false', async () => {
      await log.produce(topic, numbered(0, 5));
      const { seen, handlers } = recorder();
      const consumer = await consume(handlers);
      await until(() => recordsOf(seen).length === 5);
      await consumer.stop();
      const batches = seen.batches.length;
      await log.produce(topic, numbered(5, 10));
      const other = recorder();
      await consume(other.handlers, { groupId: `${topic}-other` });
      await until(() => recordsOf(other.seen).length === 10);
      expect(seen.batches).toHaveLength(batches);
      const last = seen.assigned.at(-1);
      expect(await consumer.commit(last?.partition ?? 0, last?.assignmentEpoch ?? 0, 5n, '')).toBe(false);
      expect(await log.committed(topic, `${topic}-group`)).toEqual(new Map());
      expect(seen.revoked).toEqual([]);
    });

    test('two consumers of one group share its partitions, and the rest goes over when one leaves', async () => {
      const first = recorder();
      const second = recorder();
      const owners = new Map<number, string>();
      const tracked = (name: string, handlers: ConsumerHandlers): ConsumerHandlers => ({
        ...handlers,
        async onAssigned(assignment) {
          owners.set(assignment.partition, name);
          return handlers.onAssigned(assignment);
        },
      });
      await consume(tracked('first', first.handlers));
      await until(() => owners.size === 3);
      const from = under.another ? await under.another() : log;
      const leaving = await consume(tracked('second', second.handlers), { from });
      await until(
        () => new Set(owners.values()).size === 2,
        () => [...owners],
      );
      await until(() => first.seen.revoked.length > 0);

      await log.produce(
        topic,
        Array.from({ length: 300 }, (_, i) => ({ key: `key-${i}`, value: Buffer.from(`${i}`) })),
      );
      await until(() => recordsOf(first.seen).length + recordsOf(second.seen).length >= 300);
      expect(recordsOf(first.seen).length).toBeGreaterThan(0);
      expect(recordsOf(second.seen).length).toBeGreaterThan(0);
      const numbers = [...valuesOf(recordsOf(first.seen)), ...valuesOf(recordsOf(second.seen))].map(Number);
      expect(new Set(numbers).size).toBe(300);

      await leaving.stop();
      await until(
        () => [...owners.values()].every((owner) => owner === 'first'),
        () => [...owners],
      );
    });

    test('a commit under an older assignment answers false and changes nothing', async () => {
      await log.produce(topic, numbered(0, 10));
      const partition = partitionOf('k', 3);
      const first = recorder();
      const consumer = await consume(first.handlers);
      await until(() => recordsOf(first.seen).length === 10);
      const stale = first.seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch ?? -1;
      const second = recorder();
      const from = under.another ? await under.another() : log;
      await consume(second.handlers, { from });
      await until(() => second.seen.assigned.length > 0 && first.seen.revoked.includes(partition));
      expect(await consumer.commit(partition, stale, 3n, 'stale')).toBe(false);
      expect(await log.committed(topic, `${topic}-group`)).toEqual(new Map());
      const epochs = first.seen.assigned.filter((a) => a.partition === partition).map((a) => a.assignmentEpoch);
      expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
      expect(new Set(epochs).size).toBe(epochs.length);
    });

    test('commit metadata over 512 bytes is refused as too_large', async () => {
      const { seen, handlers } = recorder();
      const consumer = await consume(handlers);
      await until(() => seen.assigned.length === 3);
      const [assignment] = seen.assigned;
      await expect(
        consumer.commit(assignment?.partition ?? 0, assignment?.assignmentEpoch ?? 0, 0n, 'x'.repeat(513)),
      ).rejects.toMatchObject({ code: 'too_large' });
    });

    test('offsets tells what a group has yet to read', async () => {
      await log.produce(topic, numbered(0, 9));
      const partition = partitionOf('k', 3);
      const offsets = await log.offsets(topic);
      expect(offsets).toEqual([0, 1, 2].map((p) => ({ partition: p, earliest: 0n, end: p === partition ? 9n : 0n })));
    });

    test('records removed before they were read are reported as a gap, and reading goes on behind it', async () => {
      await log.produce(topic, numbered(0, 30));
      const partition = partitionOf('k', 3);
      await under.truncate(topic, partition, 20n);
      const { seen, handlers } = recorder(() => 5n);
      await consume(handlers);
      await until(() => recordsOf(seen).length >= 10);
      expect(seen.gaps).toEqual([{ partition, from: 5n, to: 20n }]);
      expect(valuesOf(recordsOf(seen))).toEqual(numbered(20, 30).map((r) => String(r.value)));
      expect((await log.offsets(topic)).find((o) => o.partition === partition)?.earliest).toBe(20n);
      expect(valuesOf(await collect(log.read(topic, partition, 0n, 22n)))).toEqual(['20', '21']);
    });

    test('records removed under a paused reader are a gap too', async () => {
      await log.produce(topic, numbered(0, 5));
      const partition = partitionOf('k', 3);
      const { seen, handlers } = recorder();
      const consumer = await consume(handlers);
      await until(() => recordsOf(seen).length === 5);
      consumer.pause(partition);
      await log.produce(topic, numbered(5, 30));
      await under.truncate(topic, partition, 12n);
      consumer.resume(partition);
      await until(() => recordsOf(seen).length >= 23);
      expect(seen.gaps).toEqual([{ partition, from: 5n, to: 12n }]);
      expect(valuesOf(recordsOf(seen)).slice(5)).toEqual(numbered(12, 30).map((r) => String(r.value)));
    });

    test('a topic deleted and made again has another epoch, and its live consumer reads it from its start', async () => {
      await log.produce(topic, numbered(0, 100));
      const partition = partitionOf('k', 3);
      const epochBefore = await log.topicEpoch(topic);
      const { seen, handlers } = recorder(({ committed, topicEpoch }) =>
        committed && committed.metadata === topicEpoch ? committed.offset : 'earliest',
      );
      const consumer = await consume(handlers);
      await until(() => recordsOf(seen).length === 100);
      const commitAll = async () => {
        const { assignmentEpoch = -1, topicEpoch = '' } =
          seen.assigned.findLast((a) => a.partition === partition) ?? {};
        const end = (recordsOf(seen).findLast((r) => r.partition === partition)?.offset ?? -1n) + 1n;
        return consumer.commit(partition, assignmentEpoch, end, topicEpoch);
      };
      expect(await commitAll()).toBe(true);

      await under.deleteTopic(topic);
      await log.ensureTopic(topic, { partitions: 3 });
      expect(await log.topicEpoch(topic)).not.toBe(epochBefore);
      await log.produce(topic, numbered(1_000, 1_150));
      // An owner commits what it read; that is when a topic made again is noticed at the latest.
      const wanted = new Set(numbered(1_000, 1_150).map((r) => String(r.value)));
      const missing = () => wanted.difference(new Set(valuesOf(recordsOf(seen)))).size;
      const deadline = performance.now() + PATIENCE_MS;
      while (missing() > 0 && performance.now() < deadline) {
        await commitAll();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(missing()).toBe(0);
      expect(seen.fatal).toEqual([]);
    });

    test.each(['onAssigned', 'onBatch', 'onGap'] as const)(
      'an owner whose %s throws is told once, and its consumer stops',
      async (where) => {
        await log.produce(topic, numbered(0, 30));
        const partition = partitionOf('k', 3);
        await under.truncate(topic, partition, 10n);
        const { seen, handlers } = recorder((assignment) => (assignment.partition === partition ? 1n : 'earliest'));
        await consume({
          ...handlers,
          [where]: () => {
            throw new Error(`${where} failed`);
          },
        });
        await until(() => seen.fatal.length > 0);
        const batches = seen.batches.length;
        await log.produce(topic, numbered(30, 31));
        const other = recorder();
        await consume(other.handlers, { groupId: `${topic}-other` });
        await until(() => recordsOf(other.seen).length === 21);
        expect(seen.fatal.map((error) => error.message)).toEqual([`${where} failed`]);
        expect(seen.batches).toHaveLength(batches);
      },
    );

    test('a stopped log answers closed', async () => {
      expect(await log.healthy()).toBe(true);
      await log.stop();
      expect(await log.healthy()).toBe(false);
      const closed = { code: 'closed', retriable: false };
      await expect(log.produce(topic, numbered(0, 1))).rejects.toMatchObject(closed);
      await expect(log.offsets(topic)).rejects.toMatchObject(closed);
      await expect(log.topicEpoch(topic)).rejects.toMatchObject(closed);
    });
  });
}
