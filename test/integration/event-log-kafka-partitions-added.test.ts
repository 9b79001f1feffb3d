import { createKafkaLog, type EventLog } from '@cartledger/event-log';
import { Kafka, logLevel } from 'kafkajs';
import { expect, inject, onTestFinished, test } from 'vitest';
import { followNumbers, writeNumbers } from './numbered-records.ts';
import { eventually, until } from './until.ts';

/** The writers see them within 10 s, so does the leader of the group, and then the group is assigned anew. */
const TAKEN_UP_WITHIN_MS = 40_000;

const openLog = (clientId: string): EventLog => {
  const log = createKafkaLog({ brokers: inject('kafkaBrokers'), clientId });
  onTestFinished(() => log.stop());
  return log;
};

test('partitions that a topic gets are written to, shared out and read by a group that goes on, without any restart', async () => {
  const topic = `grows-${process.pid}`;
  const [one, other, writer] = [openLog('one'), openLog('other'), openLog('writer')];
  await one.ensureTopic(topic, { partitions: 2 });
  const readers = [await followNumbers(one, topic, 'grows'), await followNumbers(other, topic, 'grows')];
  const { acknowledged, failures, stop } = writeNumbers(writer, topic);
  onTestFinished(stop);
  await eventually(() => readers.every(({ got }) => got.length > 0));

  const admin = new Kafka({ brokers: inject('kafkaBrokers').split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  await admin.disconnect();
  // Whoever asks how far the log goes must not overlook a partition, be it as young as it may.
  expect((await one.offsets(topic)).map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);

  const ends = async () => new Map((await one.offsets(topic)).map(({ partition, end }) => [partition, end]));
  await until('the new partitions are written to', TAKEN_UP_WITHIN_MS, async () => {
    const now = await ends();
    return [2, 3].every((partition) => (now.get(partition) ?? 0n) > 0n);
  });
  await stop();
  await until('all that was acknowledged is read and committed', TAKEN_UP_WITHIN_MS, async () => {
    const got = new Set(readers.flatMap((reader) => reader.got));
    if (new Set(acknowledged).difference(got).size > 0) return false;
    const [now, committed] = [await ends(), await one.committed(topic, 'grows')];
    return [...now].every(([partition, end]) => committed.get(partition)?.offset === end);
  });
  const assigned = readers.map((reader) => reader.assigned.slice(-2).map(({ partition }) => partition));
  expect(assigned.flat().sort()).toEqual([0, 1, 2, 3]);
  expect(failures).toEqual([]);
  expect(readers.flatMap(({ fatal }) => fatal)).toEqual([]);
});
