import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, Message, Producer } from 'kafkajs';
import { createGroupCommit, type Waiting } from '../group-commit.ts';
import { partitionOf } from '../murmur2.ts';
import type { ProduceRecord } from '../port.ts';
import { RETRY } from './client.ts';
import { asLogError } from './errors.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1_000;

export type TopicProducer = {
  /** Resolves when all in-sync replicas have the records. Throws EventLogError. */
  send(records: readonly ProduceRecord[]): Promise<void>;
  /** Lets what is under way end, then disconnects. */
  close(): Promise<void>;
};

/**
 * Sends to one topic, one request after the other, so that a request tried again is not overtaken. A request holds at
 * most `maxRequestBytes`: a broker limits a partition's batch, not a record.
 *
 * Two ways in which kafkajs 2.2.4 acknowledges records that were never written are avoided:
 * - its idempotent producer reuses a sequence after a send that finally failed: so not idempotent, and event ids
 *   deduplicate;
 * - its own retries leave out every broker that answered before, also the records of partitions whose leadership moved
 *   to such a broker meanwhile (its issue 1303): so none of them, and here everything is sent again.
 */
export function createTopicProducer(
  kafka: Kafka,
  topic: string,
  options: { maxRequestBytes: number; patienceMs: number; now: () => number },
): TopicProducer {
  const { maxRequestBytes, patienceMs, now } = options;
  const producer: Producer = kafka.producer({
    idempotent: false,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    retry: { ...RETRY, retries: 0 },
    createPartitioner:
      () =>
      ({ message, partitionMetadata }) =>
        partitionOf(message.key ?? '', partitionMetadata.length),
  });
  let connected = false;

  // Given always: kafkajs sorts timestamps as strings, and mixes in its own clock for those that are missing.
  const toMessage = ({ key, value, headers, timestamp }: ProduceRecord): Message => ({
    key,
    value,
    headers: { ...headers },
    timestamp: String(Math.trunc(timestamp ?? now())),
  });

  async function sendOnce(records: readonly ProduceRecord[]): Promise<void> {
    if (!connected) {
      await producer.connect();
      connected = true;
    }
    await producer.send({ topic, acks: -1, messages: records.map(toMessage) });
  }

  async function sendPatiently(records: readonly ProduceRecord[]): Promise<void> {
    const begun = performance.now();
    for (let waitMs = FIRST_DELAY_MS; ; waitMs = Math.min(waitMs * 2, MAX_DELAY_MS)) {
      try {
        return await sendOnce(records);
      } catch (error) {
        const failure = asLogError(error);
        if (!failure.retriable || performance.now() + waitMs - begun > patienceMs) {
          throw failure;
        }
        await delay(waitMs);
      }
    }
  }

  /** In halves, so that of a call the topic's own limit refuses only a record too large by itself fails. */
  async function sendHalves(records: readonly ProduceRecord[]): Promise<void> {
    const middle = records.length >> 1;
    for (const half of records.length === 1 ? [records] : [records.slice(0, middle), records.slice(middle)]) {
      try {
        await sendPatiently(half);
      } catch (error) {
        if (asLogError(error).code !== 'too_large' || half.length === 1) {
          throw error;
        }
        await sendHalves(half);
      }
    }
  }

  async function sendGroup(group: readonly Waiting<null>[]): Promise<void> {
    try {
      await sendPatiently(group.flatMap(({ records }) => records));
      for (const { done } of group) {
        done();
      }
    } catch (error) {
      const failure = asLogError(error);
      for (const { records, done, failed } of group) {
        if (failure.code === 'too_large') {
          // A record too large must not fail the calls that happened to share its request.
          await sendHalves(records).then(done, (reason: unknown) => failed(asLogError(reason)));
        } else {
          failed(failure);
        }
      }
    }
  }

  // kafkajs copies a partition's messages once for each of them: many small ones are bounded by number. What a record
  // takes besides key, value and headers is rounded up.
  const limits = { maxRecords: 2_000, maxBytes: maxRequestBytes, overheadBytes: 64 };
  const commits = createGroupCommit<null>(limits, sendGroup);
  return {
    send: (records) => commits.write(null, records),
    async close() {
      await commits.drain();
      await producer.disconnect();
    },
  };
}
