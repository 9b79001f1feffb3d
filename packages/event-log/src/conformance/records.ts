import { expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import { type Context, collect, numbered, recorder, valuesOf } from './harness.ts';

/** Producing, reading outside groups, and topics. */
export function recordsConformance(context: Context): void {
  test('a record acknowledged is a record readable, in the order it was produced', async () => {
    const { log, topic } = context;
    await log.produce(topic, numbered(0, 500));
    await log.produce(topic, numbered(500, 600));
    const partition = partitionOf('k', 3);
    const records = await collect(log.read(topic, partition, 0n, 1_000_000n));
    expect(valuesOf(records)).toEqual(numbered(0, 600).map((r) => String(r.value)));
    expect(records.map((r) => r.offset)).toEqual(records.map((_, i) => BigInt(i)));
  });

  test('records with one key keep their order also across calls made at once', async () => {
    const { log, topic } = context;
    await Promise.all(Array.from({ length: 50 }, (_, i) => log.produce(topic, numbered(i * 10, i * 10 + 10))));
    const records = await collect(log.read(topic, partitionOf('k', 3), 0n, 1_000_000n));
    expect(valuesOf(records)).toEqual(numbered(0, 500).map((r) => String(r.value)));
  });

  test("a key's partition is the one Kafka's own clients choose", async () => {
    const { log, topic } = context;
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
    const { log, topic } = context;
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
    const { log, topic } = context;
    const before = Date.now();
    await log.produce(topic, numbered(0, 1));
    const [record] = await collect(log.read(topic, partitionOf('k', 3), 0n, 1n));
    expect(record?.timestamp).toBeGreaterThanOrEqual(before - 1_000);
    expect(record?.timestamp).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  test('a record over the limit is refused as too_large and nothing of its call is written', async () => {
    const { log, topic } = context;
    const call = log.produce(topic, [...numbered(0, 1), { key: 'k', value: Buffer.alloc(20 * 1024 * 1024) }]);
    await expect(call).rejects.toMatchObject({ name: 'EventLogError', code: 'too_large', retriable: false });
    expect(await log.offsets(topic)).toEqual([0, 1, 2].map((partition) => ({ partition, earliest: 0n, end: 0n })));
  });

  test('a call larger than any one request is written whole and in order', async () => {
    const { log, topic } = context;
    const value = Buffer.alloc(60_000, 'x');
    await log.produce(
      topic,
      Array.from({ length: 100 }, (_, i) => ({ key: 'k', value, headers: { n: `${i}` } })),
    );
    const records = await collect(log.read(topic, partitionOf('k', 3), 0n, 1_000n));
    expect(records.map((record) => Number(String(record.headers.n)))).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test('a topic nobody made is unknown_topic to every call', async () => {
    const { log, topic } = context;
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
    const { log, topic } = context;
    await log.produce(topic, numbered(0, 5));
    const epoch = await log.topicEpoch(topic);
    await log.ensureTopic(topic, { partitions: 7 });
    expect(await log.offsets(topic)).toHaveLength(3);
    expect(await log.topicEpoch(topic)).toBe(epoch);
  });

  test('read answers just the range asked for, and ends at the end of the log', async () => {
    const { log, topic } = context;
    await log.produce(topic, numbered(0, 100));
    const partition = partitionOf('k', 3);
    expect(valuesOf(await collect(log.read(topic, partition, 10n, 13n)))).toEqual(['10', '11', '12']);
    expect(valuesOf(await collect(log.read(topic, partition, 98n, 500n)))).toEqual(['98', '99']);
    expect(await collect(log.read(topic, partition, 5n, 5n))).toEqual([]);
    expect(await collect(log.read(topic, (partition + 1) % 3, 0n, 500n))).toEqual([]);
  });

  test('offsets tells what a group has yet to read', async () => {
    const { log, topic } = context;
    await log.produce(topic, numbered(0, 9));
    const partition = partitionOf('k', 3);
    const offsets = await log.offsets(topic);
    expect(offsets).toEqual([0, 1, 2].map((p) => ({ partition: p, earliest: 0n, end: p === partition ? 9n : 0n })));
  });

  test('a stopped log answers closed', async () => {
    const { log, topic } = context;
    expect(await log.healthy()).toBe(true);
    await log.stop();
    expect(await log.healthy()).toBe(false);
    const closed = { code: 'closed', retriable: false };
    await expect(log.produce(topic, numbered(0, 1))).rejects.toMatchObject(closed);
    await expect(log.offsets(topic)).rejects.toMatchObject(closed);
    await expect(log.topicEpoch(topic)).rejects.toMatchObject(closed);
  });
}
