import { createTopicsV7, describeConfigsV4 } from '@platformatic/kafka';
import type { TopicSettings } from '../../port.ts';
import { attempt } from '../attempts.ts';
import type { Backend } from '../backend.ts';
import { KAFKA_ERROR } from '../error-codes.ts';
import { kafkaCode } from '../errors.ts';
import { TOPIC_SETTING_NAMES, topicSettingsOf } from '../topic-settings.ts';
import type { ClientSettings } from './client.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { topicOf } from './leaders.ts';

const TIMEOUT_MS = 10_000;
const TOPIC_RESOURCE = 2;

/** Over connections of their own, closed at the end. Throws EventLogError. */
async function withCluster<T>(settings: ClientSettings, action: (cluster: Cluster) => Promise<T>): Promise<T> {
  const cluster = createCluster(settings);
  try {
    return await attempt(
      () => action(cluster),
      () => cluster.metadata([]),
    );
  } finally {
    await cluster.close();
  }
}

/** Resolves when the controller has made it: the other brokers may not have heard of it yet. */
export function createTopic(settings: ClientSettings, topic: Parameters<Backend['createTopic']>[0]): Promise<void> {
  const { name, partitions: numPartitions, replicationFactor, config } = topic;
  const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
  const asked = [{ name, numPartitions, replicationFactor, assignments: [], configs }];
  return withCluster(settings, async (cluster) => {
    const { controllerId } = await cluster.metadata([]);
    try {
      await cluster.ask(String(controllerId), (connection) =>
        createTopicsV7.api.async(connection, asked, TIMEOUT_MS, false),
      );
    } catch (error) {
      if (kafkaCode(error) !== KAFKA_ERROR.TOPIC_ALREADY_EXISTS) {
        throw error;
      }
    }
  });
}

/** What holds for a topic, the brokers' defaults included. */
export function readTopicSettings(settings: ClientSettings, topic: string): Promise<TopicSettings> {
  return withCluster(settings, async (cluster) => {
    const metadata = await cluster.metadata([topic]);
    const replicas = topicOf(metadata, topic).partitions.map(({ replicaNodes }) => replicaNodes.length);
    const { results } = await cluster.ask(null, (connection) =>
      describeConfigsV4.api.async(connection, [
        { resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: [...TOPIC_SETTING_NAMES] },
      ]),
    );
    const entries = results.flatMap(({ configs }) => configs.map(({ name, value }) => [name, value] as const));
    return topicSettingsOf(new Map(entries), replicas, metadata.brokers.length);
  });
}
