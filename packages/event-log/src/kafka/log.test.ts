import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recorder } from '../conformance/harness.ts';
import { EventLogError } from '../port.ts';
import type { Backend, TopicClient } from './backend.ts';
import { createKafkaLog } from './log.ts';

vi.mock('node:timers/promises');
const wait = vi.mocked<(ms: number) => Promise<void>>(delay);

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

describe('ensureTopic', () => {
  const unheard = new EventLogError('unknown_topic', 'not heard of', { retriable: true });
  const unknown = () => Promise.reject(unheard);
  const making = (queries: Partial<TopicClient>, createTopic = vi.fn(async () => {})) => {
    const driver = () => ({ ...backend, createTopic, topicClient: () => ({ ...client, ...queries }) });
    const log = createKafkaLog({ brokers: 'broker:9092', clientId: 'test', driver });
    return { log, createTopic, ensure: () => log.ensureTopic('topic', { partitions: 1 }) };
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    let waits = 0;
    wait.mockReset().mockImplementation(async (ms) => {
      if (waits++ === 100) throw new Error('waits without end'); // which would starve the test's own timeout
      vi.advanceTimersByTime(ms);
    });
  });
  afterEach(() => vi.useRealTimers());

  test('leaves a topic that stands as it is', async () => {
    const { createTopic, ensure } = making({});
    await ensure();
    expect(createTopic).not.toHaveBeenCalled();
  });

  test('makes a topic until all who are asked have heard of it', async () => {
    const offsets = vi.fn(client.offsets).mockImplementationOnce(unknown).mockImplementationOnce(unknown);
    const create = vi.fn(async () => {}).mockImplementationOnce(unknown);
    const { createTopic, ensure } = making({ epoch: unknown, offsets }, create);
    await ensure();
    expect(createTopic).toHaveBeenCalledTimes(4);
  });

  test('waits for those who have not heard of a topic that stands, and does not make it', async () => {
    const offsets = vi.fn(client.offsets).mockImplementationOnce(unknown).mockImplementationOnce(unknown);
    const { createTopic, ensure } = making({ offsets });
    await ensure();
    expect(offsets).toHaveBeenCalledTimes(3);
    expect(createTopic).not.toHaveBeenCalled();
  });

  test('gives up after ten seconds', async () => {
    const { createTopic, ensure } = making({ epoch: unknown, offsets: unknown });
    await expect(ensure()).rejects.toBe(unheard);
    expect(createTopic).toHaveBeenCalledTimes(51);
  });

  test('makes nothing once the log is stopped while it waits', async () => {
    const { log, createTopic, ensure } = making({ epoch: unknown, offsets: unknown });
    wait.mockImplementationOnce(() => log.stop());
    await expect(ensure()).rejects.toMatchObject({ code: 'closed' });
    expect(createTopic).toHaveBeenCalledTimes(1);
  });

  test('makes nothing once the log is stopped while it asks', async () => {
    const epoch = vi.fn<() => Promise<string>>();
    const { log, createTopic, ensure } = making({ epoch });
    epoch.mockImplementation(async () => {
      await log.stop();
      throw unheard;
    });
    await expect(ensure()).rejects.toMatchObject({ code: 'closed' });
    expect(createTopic).not.toHaveBeenCalled();
  });

  test('makes nothing when it cannot be asked whether the topic stands', async () => {
    const refused = new EventLogError('unavailable', 'no leave to ask', { retriable: false });
    const { createTopic, ensure } = making({ epoch: () => Promise.reject(refused) });
    await expect(ensure()).rejects.toBe(refused);
    expect(createTopic).not.toHaveBeenCalled();
  });

  test.each([
    ['a name that no topic can have', new EventLogError('unknown_topic', 'no name for a topic', { retriable: false })],
    ['brokers that do not answer', new EventLogError('unavailable', 'nobody there', { retriable: true })],
  ])('tells of %s at once', async (_, refused) => {
    const create = vi.fn(() => Promise.reject(refused));
    const { code, retriable } = refused;
    const told = { code, retriable, message: `making topic topic: ${refused.message}`, cause: refused };
    await expect(making({ epoch: unknown }, create).ensure()).rejects.toMatchObject(told);
    expect(create).toHaveBeenCalledTimes(1);
  });
});
