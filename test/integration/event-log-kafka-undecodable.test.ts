import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafkaLog, type EventLog, type UnreadableRange } from '@cartledger/event-log';
import { type Kafka as Broker, startKafka } from '@cartledger/local-stack';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from './until.ts';

/** A broker of its own, whose disk rots while it is stopped. */
let broker: Broker;
const dir = mkdtempSync(join(tmpdir(), 'event-log-undecodable-'));

beforeAll(async () => {
  broker = await startKafka({ dir });
});
afterAll(async () => {
  await broker.stop();
  rmSync(dir, { recursive: true });
});

const openLog = (): EventLog => {
  const log = createKafkaLog({ brokers: broker.brokers, clientId: 'undecodable' });
  onTestFinished(() => log.stop());
  return log;
};

const TOPIC = 'rots';
const inPartition = (texts: string[], key: string) => texts.map((text) => ({ key, value: Buffer.from(text) }));

test('a batch that rots on the disk of a broker is named by its offsets, passed over when told to, and holds up nobody else', async () => {
  const log = openLog();
  await log.ensureTopic(TOPIC, { partitions: 2 });
  // One batch each; the two keys lie in two partitions.
  for (const texts of [['a', 'b'], ['rotten-1', 'rotten-2', 'rotten-3'], ['c']])
    await log.produce(TOPIC, inPartition(texts, 'key-0'));
  const [{ partition: rotting } = { partition: 0 }] = (await log.offsets(TOPIC)).filter(({ end }) => end === 6n);
  const sound = 1 - rotting;
  await broker.stop();
  const segment = join(dir, 'data', `${TOPIC}-${rotting}`, '00000000000000000000.log');
  const bytes = readFileSync(segment);
  bytes.fill(0xff, bytes.indexOf('rotten-1') - 16, bytes.indexOf('rotten-1'));
  writeFileSync(segment, bytes);
  await broker.restart();

  const reader = openLog();
  const got = new Map<number, string[]>([
    [0, []],
    [1, []],
  ]);
  const unreadable: UnreadableRange[] = [];
  const goOn = Promise.withResolvers<bigint>();
  const fatal: Error[] = [];
  const consumer = await reader.consume({
    topic: TOPIC,
    groupId: 'rots-group',
    handlers: {
      onAssigned: async () => 'earliest',
      onRevoked: () => {},
      onBatch: ({ partition, records }) => void got.get(partition)?.push(...Array.from(records, (r) => `${r.value}`)),
      onGap: () => {},
      onUnreadable: (range) => {
        unreadable.push(range);
        return goOn.promise;
      },
      onFatal: (error) => void fatal.push(error),
    },
  });
  onTestFinished(() => consumer.stop());
  await eventually(() => unreadable.length > 0);
  expect(unreadable).toMatchObject([{ partition: rotting, first: 2n, last: 4n }]);
  expect(got.get(rotting)).toEqual(['a', 'b']);
  const key = ['key-1', 'key-2', 'key-3', 'key-4', 'key-5', 'key-6'];
  for (const each of key) await log.produce(TOPIC, inPartition([each], each));
  await eventually(() => (got.get(sound)?.length ?? 0) > 0);
  goOn.resolve(5n);
  await eventually(() => [...got.values()].flat().length === 3 + key.length);
  expect(got.get(rotting)?.slice(0, 3)).toEqual(['a', 'b', 'c']);
  expect(fatal).toEqual([]);
});
