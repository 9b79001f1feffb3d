import kafkajs, { type Kafka } from 'kafkajs';
import type { TopicSettings } from '../../port.ts';
import { asLogError } from '../errors.ts';
import { TOPIC_SETTING_NAMES, topicSettingsOf } from '../topic-settings.ts';
import { RETRY } from './client.ts';

/** What holds for a topic, the brokers' defaults included. Throws EventLogError. */
export async function readTopicSettings(kafka: Kafka, topic: string): Promise<TopicSettings> {
  const admin = kafka.admin({ retry: RETRY });
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [...TOPIC_SETTING_NAMES] }],
    });
    const entries = new Map(
      resources.flatMap(({ configEntries }) =>
        configEntries.map(({ configName, configValue }) => [configName, configValue] as const),
      ),
    );
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const { brokers } = await admin.describeCluster();
    const replicas = topics.flatMap(({ partitions }) => partitions.map((partition) => partition.replicas.length));
    return topicSettingsOf(entries, replicas, brokers.length);
  } catch (error) {
    throw asLogError(error);
  } finally {
    await admin.disconnect();
  }
}
