import type { Kafka } from 'kafkajs';
import { partitionOf } from '../murmur2.ts';
import { EventLogError, type ProduceRecord } from '../port.ts';
import { toHeaders } from '../record-headers.ts';
import { newCluster } from './cluster.ts';
import { brokerError, NO_ERROR } from './error-codes.ts';
import { asLogError } from './errors.ts';
import { produceRequest } from './protocol/produce.ts';
import { sendRaw } from './protocol/raw-request.ts';
import { batchOf, type RecordToWrite } from './record-batch/encode.ts';

export type RecordSender = {
  /** Resolves when all in-sync replicas have every record. Else some may have been written; tries nothing again. */
  sendOnce(records: readonly ProduceRecord[]): Promise<void>;
  close(): Promise<void>;
};

/** Sends records to the leaders of their partitions, one batch a partition, in the order they are given in. */
export function createRecordSender(kafka: Kafka, topic: string, { now }: { now: () => number }): RecordSender {
  const cluster = newCluster(kafka);
  /** What is known of the leaders led to a failure. */
  let doubtful = false;

  async function learnLeaders(): Promise<void> {
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    await (doubtful ? cluster.refreshMetadata() : cluster.refreshMetadataIfNecessary());
    doubtful = false;
  }

  function byPartition(records: readonly ProduceRecord[]): Map<number, RecordToWrite[]> {
    const partitions = cluster.findTopicPartitionMetadata(topic).length;
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
    const broker = await cluster.findBroker({ nodeId });
    const batches = partitions.map((partition) => ({ partition, batch: batchOf(groups.get(partition) ?? []) }));
    const answers = await sendRaw(broker, produceRequest(topic, batches));
    const refused = answers.find(({ errorCode }) => errorCode !== NO_ERROR);
    if (refused) {
      throw brokerError(refused.errorCode, `records for ${topic}/${refused.partition} were not taken`);
    }
    return answers.map(({ partition }) => partition);
  }

  async function send(records: readonly ProduceRecord[]): Promise<void> {
    await learnLeaders();
    const groups = byPartition(records);
    const leaders = Object.entries(cluster.findLeaderForPartitions(topic, [...groups.keys()]));
    const outcomes = await Promise.allSettled(leaders.map(([nodeId, led]) => sendTo(nodeId, led, groups)));
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
    close: () => cluster.disconnect(),
  };
}
