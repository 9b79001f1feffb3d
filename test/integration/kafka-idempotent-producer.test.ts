/** Why our producer is not idempotent (decision 6): what kafkajs makes of a send that failed, against a real broker. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createKafkaLog } from '@cartledger/event-log';
import { type Kafka as Broker, startKafka } from '@cartledger/local-stack';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';

/** Sends `first` while the broker hangs, so that it finally fails, then `second` when it answers again. */
const failThenSend = async (broker: Broker, producer: Producer, topic: string) => {
  await producer.send({ topic, messages: [{ value: 'before' }], acks: -1 });
  await broker.pause();
  const failed = await producer.send({ topic, messages: [{ value: 'first' }], acks: -1 }).then(
    () => false,
    () => true,
  );
  broker.resume();
  for (let tries = 0; ; tries++) {
    try {
      await producer.send({ topic, messages: [{ value: 'second' }], acks: -1 });
      return failed;
    } catch (error) {
      if (tries === 20) throw error;
      await delay(250); // kafkajs connects anew
    }
  }
};

test('why the producer is not idempotent: kafkajs sends the next record under the sequence of the one that failed', async () => {
  const topic = 'idempotent';
  const dir = mkdtempSync(join(tmpdir(), 'idempotent-producer-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const broker = await startKafka({ dir });
  onTestFinished(() => broker.stop());
  const log = createKafkaLog({ brokers: broker.brokers, clientId: 'reader' });
  onTestFinished(() => log.stop());
  await log.ensureTopic(topic, { partitions: 1 });

  const client = new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING, requestTimeout: 1_000 });
  const producer = client.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  expect(await failThenSend(broker, producer, topic)).toBe(true);
  // It took the first from its socket when it went on, and answered the second as a repeat of it.
  const texts: string[] = [];
  for await (const { value } of log.read(topic, 0, 0n, 1_000_000n)) texts.push(String(value));
  expect(texts).toEqual(['before', 'first']);
});
