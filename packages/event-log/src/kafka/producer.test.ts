import { expect, test } from 'vitest';
import type { ProduceRecord } from '../port.ts';
import { measureRecords } from '../record-bytes.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import { createTopicProducer } from './producer.ts';

/** A producer whose every request is answered as `answer` says. */
function setUp(answer: (values: string[], attempt: number) => Promise<void>, patienceMs = 5_000) {
  const sends: string[][] = [];
  const sender = {
    async sendOnce(records: readonly ProduceRecord[]) {
      const values = records.map(({ value }) => String(value));
      sends.push(values);
      await answer(values, sends.length);
    },
    close: async () => {},
  };
  return { producer: createTopicProducer(sender, { maxRequestBytes: 1_000, patienceMs }), sends };
}

const records = (...values: string[]) =>
  measureRecords(
    values.map((value) => ({ key: 'k', value: Buffer.from(value) })),
    10_000,
  );
const refusal = (type: keyof typeof KAFKA_ERROR) => brokerError(KAFKA_ERROR[type], 'not taken');

test('everything is sent again after a failure', async () => {
  const { producer, sends } = setUp(async (_, attempt) => {
    if (attempt < 3) {
      throw refusal('NOT_LEADER_OR_FOLLOWER');
    }
  });
  await producer.send(records('1', '2', '3'));
  expect(sends).toEqual([
    ['1', '2', '3'],
    ['1', '2', '3'],
    ['1', '2', '3'],
  ]);
});

test('calls that come while a request is under way share the next, within its size', async () => {
  const { producer, sends } = setUp(async () => {});
  const calls = ['a', 'b', 'x'.repeat(900), 'c'].map((value) => producer.send(records(value)));
  await Promise.all(calls);
  expect(sends).toEqual([['a', 'b'], ['x'.repeat(900)], ['c']]);
});

test('a send is given up when patience ends, and at once when trying again is of no use', async () => {
  const { producer, sends } = setUp(async () => {
    throw refusal('NOT_ENOUGH_REPLICAS');
  }, 250);
  await expect(producer.send(records('1'))).rejects.toMatchObject({ code: 'unavailable', retriable: true });
  expect(sends.length).toBeGreaterThan(1);

  const refused = setUp(async () => {
    throw refusal('TOPIC_AUTHORIZATION_FAILED');
  });
  await expect(refused.producer.send(records('1'))).rejects.toMatchObject({ code: 'unavailable', retriable: false });
  expect(refused.sends).toHaveLength(1);
});

test('a record too large fails its call alone, not those that shared its request', async () => {
  const { producer } = setUp(async (values) => {
    if (values.includes('large')) {
      throw refusal('MESSAGE_TOO_LARGE');
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
