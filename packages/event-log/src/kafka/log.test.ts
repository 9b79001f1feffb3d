import { expect, test, vi } from 'vitest';
import { recorder } from '../conformance/harness.ts';
import { EventLogError } from '../port.ts';
import type { Backend, TopicClient } from './backend.ts';
import { createKafkaLog } from './log.ts';

const client: TopicClient = {
  epoch: async () => 'epoch',
  offsets: async () => [],
  offsetsAt: async () => new Map(),
  committed: async () => new Map(),
  leaders: () => new Map(),
  fetch: async () => [],
  refresh: async () => {},
  close: async () => {},
};
const backend: Backend = {
  topicClient: () => client,
  sender: () => ({ sendOnce: async () => {}, close: async () => {} }),
  membership: () => ({ start: async () => {}, commit: async () => true, rejoin: () => {}, stop: async () => {} }),
  createTopic: async () => {},
  topicSettings: () => Promise.reject(new Error('not asked')),
  ping: async () => {},
  close: async () => {},
};

test('a log stops the consumers it has, and keeps nothing of those that were stopped before', async () => {
  const log = createKafkaLog({ brokers: 'broker:9092', clientId: 'test', driver: () => backend });
  const consume = () => log.consume({ topic: 'topic', groupId: 'group', handlers: recorder().handlers });
  const [gone, left] = [await consume(), await consume()];
  await gone.stop();
  const stops = [gone, left].map((consumer) => vi.spyOn(consumer, 'stop'));
  await log.stop();
  expect(stops.map(({ mock }) => mock.calls.length)).toEqual([0, 1]);
});

const unknown = async () => {
  throw new EventLogError('unknown_topic', 'not heard of', { retriable: true });
};

test('a topic that was just made is waited for while brokers have not heard of it', async () => {
  const heard = vi
    .fn(async () => [])
    .mockImplementationOnce(unknown)
    .mockImplementationOnce(unknown);
  const createTopic = vi.fn(async () => {}).mockImplementationOnce(unknown);
  const hearing: Backend = {
    ...backend,
    createTopic,
    topicClient: () => ({ ...client, epoch: unknown, offsets: heard }),
  };
  const log = createKafkaLog({ brokers: 'broker:9092', clientId: 'test', driver: () => hearing });
  await log.ensureTopic('topic', { partitions: 1 });
  expect(createTopic).toHaveBeenCalledTimes(4);
});

test('a topic that cannot be made is told of at once', async () => {
  const refused = new EventLogError('unknown_topic', 'no name for a topic', { retriable: false });
  const createTopic = vi.fn(() => Promise.reject(refused));
  const refusing: Backend = { ...backend, createTopic, topicClient: () => ({ ...client, epoch: unknown }) };
  const log = createKafkaLog({ brokers: 'broker:9092', clientId: 'test', driver: () => refusing });
  await expect(log.ensureTopic('topic', { partitions: 1 })).rejects.toBe(refused);
  expect(createTopic).toHaveBeenCalledTimes(1);
});
