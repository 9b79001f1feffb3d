import kafkajs, { type Kafka } from 'kafkajs';
import type { TopicSettings } from '../../port.ts';
import { asLogError } from '../errors.ts';
import { RETRY } from './client.ts';

const NAMES = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'max.message.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
];

/** Kafka writes -1 for "without end". */
const bounded = (text: string): number | null => (Number(text) < 0 ? null : Number(text));

/** What holds for a topic, the brokers' defaults included. Throws EventLogError. */
export async function readTopicSettings(kafka: Kafka, topic: string): Promise<TopicSettings> {
  const admin = kafka.admin({ retry: RETRY });
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: NAMES }],
    });
    const entries = new Map(
      resources.flatMap(({ configEntries }) =>
        configEntries.map(({ configName, configValue }) => [configName, configValue] as const),
      ),
    );
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const { brokers } = await admin.describeCluster();
    const replicas = topics.flatMap(({ partitions }) => partitions.map((partition) => partition.replicas.length));
    return {
      cleanupPolicy: entries.get('cleanup.policy') ?? '',
      retentionMs: bounded(entries.get('retention.ms') ?? '-1'),
      retentionBytes: bounded(entries.get('retention.bytes') ?? '-1'),
      maxMessageBytes: Number(entries.get('max.message.bytes') ?? 0),
      minInsyncReplicas: Number(entries.get('min.insync.replicas') ?? 1),
      uncleanLeaderElection: entries.get('unclean.leader.election.enable') === 'true',
      replicationFactor: Math.min(...replicas),
      brokers: brokers.length,
    };
  } catch (error) {
    throw asLogError(error);
  } finally {
    await admin.disconnect();
  }
}
