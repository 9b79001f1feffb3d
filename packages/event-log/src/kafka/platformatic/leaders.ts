import { EventLogError } from '../../port.ts';
import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import type { Leaders } from '../sender.ts';
import type { Cluster, ClusterMetadata } from './cluster.ts';

/** Also how long it takes until partitions that the topic got are written to. */
const MAX_AGE_MS = 10_000;
const NO_LEADER = -1;
const NO_ID = '00000000000000000000000000000000';

type Topic = ClusterMetadata['topics'][number];

/** One topic of an answer; throws what it says went wrong with the topic as a whole. */
export function topicOf({ topics }: ClusterMetadata, name: string): Topic {
  const topic = topics.find((candidate) => candidate.name === name);
  const errorCode = topic?.errorCode ?? KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION;
  if (!topic || errorCode !== KAFKA_ERROR.NONE) {
    throw brokerError(errorCode, `topic ${name}`);
  }
  return topic;
}

/** The id Kafka gave the topic when it was made, as 32 hex digits. */
export function topicIdOf(metadata: ClusterMetadata, name: string): string {
  const id = topicOf(metadata, name).topicId.replaceAll('-', '');
  if (id === NO_ID) {
    throw new EventLogError('unavailable', `Kafka does not tell the id of topic ${name}`, { retriable: false });
  }
  return id;
}

/** The leaders of one topic's partitions, as last learnt. */
export function createLeaders(cluster: Cluster, topic: string): Leaders {
  let leaders = new Map<number, number>();
  let learntAt = Number.NEGATIVE_INFINITY;

  return {
    async learn(anew) {
      if (!anew && performance.now() - learntAt < MAX_AGE_MS) {
        return;
      }
      const { partitions } = topicOf(await cluster.metadata([topic]), topic);
      leaders = new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId]));
      learntAt = performance.now();
    },
    partitions: () => leaders.size,
    of(partitions) {
      const byNode = new Map<string, number[]>();
      for (const partition of partitions) {
        const leader = leaders.get(partition) ?? NO_LEADER;
        if (leader !== NO_LEADER) {
          const led = byNode.get(String(leader)) ?? [];
          led.push(partition);
          byNode.set(String(leader), led);
        }
      }
      return byNode;
    },
    ask: (nodeId, request) => cluster.askRaw(nodeId, request),
    close: () => cluster.close(),
  };
}
