import type { Admin } from 'kafkajs';
import type { Logger } from '../../logger.ts';
import type { Backend } from '../backend.ts';
import { asLogError } from '../errors.ts';
import { createRecordSender } from '../sender.ts';
import { createKafkaClient, type KafkaConnection, RETRY } from './client.ts';
import { createLeaders } from './leaders.ts';
import { createMembership } from './membership.ts';
import { createTopicClient } from './topic-client.ts';
import { readTopicSettings } from './topic-settings.ts';

/** kafkajs 2.2.4 as the log's client (decisions 6 and 17). */
export function createKafkajsBackend(
  connection: KafkaConnection,
  { logger, now }: { logger: Logger; now: () => number },
): Backend {
  const kafka = createKafkaClient(connection, logger);
  let probe: Admin | undefined;

  return {
    topicClient: (topic) => createTopicClient(kafka, topic),
    sender: (topic) => createRecordSender(createLeaders(kafka, topic), topic, { now }),
    membership: (options, handlers) => createMembership(kafka, { ...options, logger }, handlers),
    async createTopic({ name: topic, partitions: numPartitions, replicationFactor, config }) {
      const admin = kafka.admin({ retry: RETRY });
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      try {
        await admin.connect();
        await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor, configEntries }] });
      } catch (error) {
        throw asLogError(error);
      } finally {
        await admin.disconnect();
      }
    },
    topicSettings: (topic) => readTopicSettings(kafka, topic),
    async ping() {
      probe ??= kafka.admin();
      await probe.connect();
      await probe.describeCluster();
    },
    async close() {
      await probe?.disconnect();
    },
  };
}
