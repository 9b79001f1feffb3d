import type { Admin } from 'kafkajs';
import type { CreateBackend } from '../backend.ts';
import { asLogError } from '../errors.ts';
import { createMembership } from '../membership.ts';
import { createRecordSender } from '../sender.ts';
import { createKafkaClient, RETRY } from './client.ts';
import { createGroupLink } from './group-link.ts';
import { createLeaders } from './leaders.ts';
import { createTopicClient } from './topic-client.ts';
import { readTopicSettings } from './topic-settings.ts';

/** kafkajs 2.2.4 as the log's client (decisions 6 and 17). */
export const createKafkajsBackend: CreateBackend = (connection, { logger, now }) => {
  const kafka = createKafkaClient(connection, logger);
  let probe: Admin | undefined;

  return {
    topicClient: (topic) => createTopicClient(kafka, topic),
    sender: (topic) => createRecordSender(createLeaders(kafka, topic), topic, { now }),
    membership: ({ topic, groupId }, handlers) =>
      createMembership(createGroupLink(kafka, topic, groupId), { topic, groupId, logger }, handlers),
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
};
