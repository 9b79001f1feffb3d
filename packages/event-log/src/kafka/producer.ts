import { setTimeout as delay } from 'node:timers/promises';
import { createGroupCommit, type Waiting } from '../group-commit.ts';
import type { ProduceRecord } from '../port.ts';
import type { MeasuredRecords } from '../record-bytes.ts';
import type { RecordSender } from './backend.ts';
import { asLogError } from './errors.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 1_000;
/** Of one request: some 10 ms of the event loop. */
const MAX_RECORDS = 10_000;

export type TopicProducer = {
  /** Resolves when all in-sync replicas have the records. Throws EventLogError. */
  send(records: MeasuredRecords): Promise<void>;
  /** Lets what is under way end, then disconnects. */
  close(): Promise<void>;
};

/**
 * Sends to one topic, one request after the other, so that a request tried again is not overtaken. A request holds at
 * most `maxRequestBytes`: a broker limits a partition's batch, not a record.
 *
 * After a failure everything is sent again, to the leaders as they are then: kafkajs's own retries leave out every
 * broker that answered before, also the records of partitions whose leadership moved to such a broker meanwhile (its
 * issue 1303). Without a producer id: kafkajs's idempotent producer reuses a sequence after a send that finally failed,
 * and so acknowledges what was never written. Event ids deduplicate.
 */
export function createTopicProducer(
  sender: RecordSender,
  options: { maxRequestBytes: number; patienceMs: number },
): TopicProducer {
  const { maxRequestBytes, patienceMs } = options;

  async function sendPatiently(records: readonly ProduceRecord[]): Promise<void> {
    const begun = performance.now();
    for (let waitMs = FIRST_DELAY_MS; ; waitMs = Math.min(waitMs * 2, MAX_DELAY_MS)) {
      try {
        return await sender.sendOnce(records);
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

  // What a record takes besides key, value and headers is rounded up.
  const limits = { maxRecords: MAX_RECORDS, maxBytes: maxRequestBytes, overheadBytes: 64 };
  const commits = createGroupCommit<null>(limits, sendGroup);
  return {
    send: (records) => commits.write(null, records),
    async close() {
      await commits.drain();
      await sender.close();
    },
  };
}
