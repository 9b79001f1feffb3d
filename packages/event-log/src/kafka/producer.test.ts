import type { Kafka, ProducerConfig, ProducerRecord } from 'kafkajs';
import { expect, test, vi } from 'vitest';
import { createTopicProducer } from './producer.ts';

/** A kafkajs whose producer answers each send as `answer` says. */
function setUp(answer: (record: ProducerRecord, attempt: number) => Promise<void>, patienceMs = 5_000) {
  const sends: string[][] = [];
  let config: ProducerConfig | undefined;
  const kafka = {
    producer(given: ProducerConfig) {
      config = given;
      return {
        connect: async () => {},
        disconnect: async () => {},
        async send(record: ProducerRecord) {
          sends.push(record.messages.map(({ value }) => String(value)));
          await answer(record, sends.length);
        },
      };
    },
  };
  const producer = createTopicProducer(kafka as unknown as Kafka, 't', {
    maxRequestBytes: 1_000,
    patienceMs,
    now: () => 1_700_000_000_000,
  });
  return { producer, sends, config };
}

const records = (...values: string[]) => values.map((value) => ({ key: 'k', value: Buffer.from(value) }));
const protocolError = (type: string) => Object.assign(new Error(type), { type });

test("everything is sent again after a failure, and never by kafkajs's own retries, which leave records out", async () => {
  const { producer, sends, config } = setUp(async (_, attempt) => {
    if (attempt < 3) {
      throw protocolError('NOT_LEADER_FOR_PARTITION');
    }
  });
  await producer.send(records('1', '2', '3'));
  expect(sends).toEqual([
    ['1', '2', '3'],
    ['1', '2', '3'],
    ['1', '2', '3'],
  ]);
  expect(config).toMatchObject({ idempotent: false, maxInFlightRequests: 1, retry: { retries: 0 } });
});

test('calls that come while a request is under way share the next, within its size', async () => {
  const { producer, sends } = setUp(async () => {});
  const calls = ['a', 'b', 'x'.repeat(900), 'c'].map((value) => producer.send(records(value)));
  await Promise.all(calls);
  expect(sends).toEqual([['a', 'b'], ['x'.repeat(900)], ['c']]);
});

test('a send is given up when patience ends, and at once when trying again is of no use', async () => {
  const { producer, sends } = setUp(async () => {
    throw protocolError('NOT_ENOUGH_REPLICAS');
  }, 250);
  await expect(producer.send(records('1'))).rejects.toMatchObject({ code: 'unavailable', retriable: true });
  expect(sends.length).toBeGreaterThan(1);

  const refused = setUp(async () => {
    throw protocolError('TOPIC_AUTHORIZATION_FAILED');
  });
  await expect(refused.producer.send(records('1'))).rejects.toMatchObject({ code: 'unavailable', retriable: false });
  expect(refused.sends).toHaveLength(1);
});

test('a record too large fails its call alone, not those that shared its request', async () => {
  const { producer } = setUp(async ({ messages }) => {
    if (messages.some(({ value }) => String(value) === 'large')) {
      throw protocolError('MESSAGE_TOO_LARGE');
    }
  });
  const calls = await Promise.allSettled([
    producer.send(records('1', '2')),
    producer.send(records('3', 'large')),
    producer.send(records('4')),
  ]);
  expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(calls[1]).toMatchObject({ reason: { code: 'too_large', retriable: false } });
});

test('every message has a timestamp of its own: kafkajs sorts those given as strings', async () => {
  const stamps = vi.fn<(stamp: string | undefined) => void>();
  const { producer } = setUp(async ({ messages }) => {
    for (const { timestamp } of messages) {
      stamps(timestamp);
    }
  });
  await producer.send([...records('1'), { key: 'k', value: null, timestamp: 5.7 }]);
  expect(stamps.mock.calls).toEqual([['1700000000000'], ['5']]);
});
