import type { Kafka } from 'kafkajs';
import type { Leaders } from '../sender.ts';
import { newCluster } from './cluster.ts';
import { sendRaw } from './raw-request.ts';

/** The leaders of one topic's partitions over a cluster of their own: see topic-client.ts for why of their own. */
export function createLeaders(kafka: Kafka, topic: string): Leaders {
  const cluster = newCluster(kafka);
  return {
    async learn(anew) {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      await (anew ? cluster.refreshMetadata() : cluster.refreshMetadataIfNecessary());
    },
    partitions: () => cluster.findTopicPartitionMetadata(topic).length,
    of: (partitions) => new Map(Object.entries(cluster.findLeaderForPartitions(topic, [...partitions]))),
    ask: async (nodeId, request) => sendRaw(await cluster.findBroker({ nodeId }), request),
    close: () => cluster.disconnect(),
  };
}
