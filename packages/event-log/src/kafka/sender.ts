import { partitionOf } from '../murmur2.ts';
import { EventLogError, type ProduceRecord } from '../port.ts';
import { toHeaders } from '../record-headers.ts';
import type { RecordSender } from './backend.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import { asLogError } from './errors.ts';
import { produceRequest } from './protocol/produce.ts';
import type { RawRequest } from './protocol/request.ts';
import { batchOf, type RecordToWrite } from './record-batch/encode.ts';

/** The brokers that lead a topic's partitions, over connections of their own. */
export type Leaders = {
  /** Learns them if it is time to, or `anew` in any case. Tries once. */
  learn(anew: boolean): Promise<void>;
  /** How many partitions the topic has, as known now. */
  partitions(): number;
  /** The partitions each broker leads: those without a known leader are left out. */
  of(partitions: readonly number[]): Map<string, number[]>;
  ask<Answer>(nodeId: string, request: RawRequest<Answer>): Promise<Answer>;
  close(): Promise<void>;
};

/** Sends records to the leaders of their partitions, one batch a partition, in the order they are given in. */
export function createRecordSender(leaders: Leaders, topic: string, { now }: { now: () => number }): RecordSender {
  /** What is known of the leaders led to a failure. */
  let doubtful = false;

  function byPartition(records: readonly ProduceRecord[]): Map<number, RecordToWrite[]> {
    const partitions = leaders.partitions();
    if (partitions === 0) {
      throw new EventLogError('unavailable', `Kafka does not tell the partitions of ${topic}`, { retriable: true });
    }
    const producedAt = now();
    const groups = new Map<number, RecordToWrite[]>();
    for (const record of records) {
      const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key;
      const timestamp = Math.trunc(record.timestamp ?? producedAt);
      const partition = partitionOf(key, partitions);
      const group = groups.get(partition) ?? [];
      group.push({ key, value: record.value, headers: toHeaders(record.headers), timestamp });
      groups.set(partition, group);
    }
    return groups;
  }

  /** Answers the partitions whose records the broker has written. */
  async function sendTo(
    nodeId: string,
    partitions: readonly number[],
    groups: ReadonlyMap<number, readonly RecordToWrite[]>,
  ): Promise<number[]> {
    const batches = partitions.map((partition) => ({ partition, batch: batchOf(groups.get(partition) ?? []) }));
    const answers = await leaders.ask(nodeId, produceRequest(topic, batches));
    const refused = answers.find(({ errorCode }) => errorCode !== KAFKA_ERROR.NONE);
    if (refused) {
      throw brokerError(refused.errorCode, `records for ${topic}/${refused.partition} were not taken`);
    }
    return answers.map(({ partition }) => partition);
  }

  async function send(records: readonly ProduceRecord[]): Promise<void> {
    await leaders.learn(doubtful);
    doubtful = false;
    const groups = byPartition(records);
    const led = [...leaders.of([...groups.keys()])];
    const outcomes = await Promise.allSettled(led.map(([nodeId, partitions]) => sendTo(nodeId, partitions, groups)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [asLogError(outcome.reason)] : []));
    const worst = failures.find(({ retriable }) => !retriable) ?? failures[0];
    if (worst) {
      throw worst;
    }
    const written = new Set(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : [])));
    const missing = [...groups.keys()].find((partition) => !written.has(partition));
    if (missing !== undefined) {
      // Without a known leader, or left out of an answer: not to be taken for written.
      throw new EventLogError('unavailable', `Kafka: nobody took records for ${topic}/${missing}`, { retriable: true });
    }
  }

  return {
    async sendOnce(records) {
      try {
        await send(records);
      } catch (error) {
        doubtful = true;
        throw error;
      }
    },
    close: () => leaders.close(),
  };
}
