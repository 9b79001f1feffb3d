import { expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import { type Context, collect, numbered, recorder, recordsOf, until, valuesOf } from './harness.ts';

/** What readers learn of records and topics that are gone. */
export function goneConformance(context: Context): void {
  test('records removed before they were read are reported as a gap, and reading goes on behind it', async () => {
    const { log, topic, under, consume } = context;
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
    const { log, topic, under, consume } = context;
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

  test('a partition that ends before what was committed is assigned anew, and read from its start', async () => {
    const { topic, under, consume } = context;
    await under.log.produce(topic, numbered(0, 30));
    const partition = partitionOf('k', 3);
    await under.truncate(topic, partition, 3n);
    const first = recorder();
    const consumer = await consume(first.handlers);
    await until(() => recordsOf(first.seen).length === 27);
    const epoch = first.seen.assigned.find((a) => a.partition === partition)?.assignmentEpoch ?? -1;
    expect(await consumer.commit(partition, epoch, 30n, 'm')).toBe(true);
    await consumer.stop();

    const log = await under.shorten(topic, `${topic}-group`, partition, 10n);
    await log.produce(topic, numbered(1_000, 1_003));
    const position = (await log.committed(topic, `${topic}-group`)).get(partition)?.offset ?? 0n;
    const end = (await log.offsets(topic)).find((range) => range.partition === partition)?.end ?? 0n;
    expect(position - end).toBe(7n);
    const there = valuesOf(await collect(log.read(topic, partition, 0n, end)));
    const again = recorder();
    const epochs: number[] = [];
    const second = await consume(
      {
        ...again.handlers,
        onBatch(batch) {
          again.handlers.onBatch(batch);
          epochs.push(batch.assignmentEpoch);
        },
      },
      { from: log },
    );
    await until(() => recordsOf(again.seen).length >= there.length);
    expect(valuesOf(recordsOf(again.seen))).toEqual(there);
    expect(there.slice(-3)).toEqual(['1000', '1001', '1002']);
    const ofPartition = again.seen.assigned.filter((a) => a.partition === partition);
    expect(ofPartition.map(({ lostTail }) => lostTail)).toEqual([undefined, { position, end }]);
    expect(ofPartition.map(({ earliest }) => earliest)).toEqual([3n, 3n]);
    expect(again.seen.revoked).toEqual([partition]);
    expect(again.seen.gaps).toEqual([]);
    const [old = -1, present = -1] = ofPartition.map(({ assignmentEpoch }) => assignmentEpoch);
    expect(present).toBeGreaterThan(old);
    expect(new Set(epochs)).toEqual(new Set([present]));
    // Back to what is there: else the next owner would go on behind it once the log has grown past it.
    expect(await second.commit(partition, old, 3n, 'stale')).toBe(false);
    expect(await second.commit(partition, present, 3n, 'm')).toBe(true);
    expect((await log.committed(topic, `${topic}-group`)).get(partition)?.offset).toBe(3n);
  });

  test.each([2, 3, 5])(
    'a topic deleted and made again with %i partitions is read from its start by its live consumer',
    async (partitions) => {
      const { log, topic, under, consume } = context;
      const { seen, handlers } = recorder(({ committed, topicEpoch }) =>
        committed && committed.metadata === topicEpoch ? committed.offset : 'earliest',
      );
      const commits: Promise<boolean>[] = [];
      // An owner commits what it read: that is when a topic made again is noticed at the latest.
      const consumer = await consume({
        ...handlers,
        onBatch(batch) {
          handlers.onBatch(batch);
          const { partition, assignmentEpoch, records } = batch;
          const epoch = seen.assigned.findLast((each) => each.partition === partition)?.topicEpoch ?? '';
          commits.push(consumer.commit(partition, assignmentEpoch, records.offsetAt(-1) + 1n, epoch));
        },
      });
      await log.produce(topic, numbered(0, 100));
      await until(() => recordsOf(seen).length === 100);
      expect(await Promise.all(commits)).not.toContain(false);
      const before = await log.topicEpoch(topic);

      await under.deleteTopic(topic);
      await log.ensureTopic(topic, { partitions });
      expect(await log.topicEpoch(topic)).not.toBe(before);
      const fresh = [...numbered(1_000, 1_150), ...numbered(2_000, 2_040, 'a'), ...numbered(3_000, 3_040, 'b')];
      await log.produce(topic, fresh);
      const wanted = new Set(fresh.map(({ value }) => String(value)));
      await until(() => wanted.difference(new Set(valuesOf(recordsOf(seen)))).size === 0);
      await Promise.allSettled(commits);
      expect(seen.fatal).toEqual([]);
    },
  );
}
