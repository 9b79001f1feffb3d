import { expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import type { ConsumerHandlers, LogConsumer } from '../port.ts';
import { type Context, numbered, recorder, recordsOf, until, valuesOf } from './harness.ts';

/** Consumer groups: assignment, delivery, commits. */
export function groupsConformance(context: Context): void {
  test('every partition is assigned, and its records come in offset order without gaps', async () => {
    const { log, topic, consume } = context;
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
      const offsets = batches.flatMap((batch) => Array.from(batch.records, (record) => record.offset));
      expect(offsets).toEqual(offsets.map((_, i) => BigInt(i)));
      const epoch = seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch;
      for (const batch of batches) {
        expect(batch.assignmentEpoch).toBe(epoch);
        expect([...batch.records].every((record) => record.partition === partition)).toBe(true);
        expect(batch.highWatermark).toBeGreaterThan(batch.records.offsetAt(-1));
      }
    }
    expect(seen.fatal).toEqual([]);
  });

  test('no handler is called before consume has answered', async () => {
    const { log, topic, consume } = context;
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
    let { log } = context;
    const { topic, under, consume } = context;
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
    await consume(second.handlers, { from: log });
    await until(() => recordsOf(second.seen).length >= 8);
    expect(second.seen.assigned.find((a) => a.partition === partition)?.committed).toEqual({ offset: 12n, metadata });
    expect(valuesOf(recordsOf(second.seen))).toEqual(numbered(12, 20).map((r) => String(r.value)));
  });

  test('reading starts where onAssigned says, whatever was committed', async () => {
    const { log, topic, consume } = context;
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
    const { log, topic, consume } = context;
    const { seen, handlers } = recorder();
    await consume(handlers);
    await until(() => seen.assigned.length === 3);
    const epoch = await log.topicEpoch(topic);
    expect(epoch).not.toBe('');
    expect(seen.assigned.map((a) => a.topicEpoch)).toEqual([epoch, epoch, epoch]);
  });

  test('nothing of a paused partition is handed over until it is resumed, and nothing is lost by it', async () => {
    const { log, topic, consume } = context;
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
    const { log, topic, consume } = context;
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
    const { log, topic, under, consume } = context;
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
    const { log, topic, under, consume } = context;
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
    const { consume } = context;
    const { seen, handlers } = recorder();
    const consumer = await consume(handlers);
    await until(() => seen.assigned.length === 3);
    const [assignment] = seen.assigned;
    await expect(
      consumer.commit(assignment?.partition ?? 0, assignment?.assignmentEpoch ?? 0, 0n, 'x'.repeat(513)),
    ).rejects.toMatchObject({ code: 'too_large' });
  });

  test.each(['onAssigned', 'onBatch', 'onGap'] as const)(
    'an owner whose %s throws is told once, and its consumer stops',
    async (where) => {
      const { log, topic, under, consume } = context;
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
}
