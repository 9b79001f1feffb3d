import type { CreateBackend } from '../backend.ts';
import { createMembership } from '../membership.ts';
import { createRecordSender } from '../sender.ts';
import { clientSettings } from './client.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { createGroupLink } from './group-link.ts';
import { createLeaders } from './leaders.ts';
import { createTopic, readTopicSettings } from './topic-admin.ts';
import { createTopicClient } from './topic-client.ts';

/** @platformatic/kafka as the log's client (decision 21). */
export const createPlatformaticBackend: CreateBackend = (connection, { logger, now }) => {
  const settings = clientSettings(connection, logger);
  let probe: Cluster | undefined;

  return {
    topicClient: (topic) => createTopicClient(settings, topic),
    sender: (topic) => createRecordSender(createLeaders(createCluster(settings), topic), topic, { now }),
    membership: ({ topic, groupId }, handlers) =>
      createMembership(createGroupLink(settings, topic, groupId), { topic, groupId, logger }, handlers),
    createTopic: (topic) => createTopic(settings, topic),
    topicSettings: (topic) => readTopicSettings(settings, topic),
    async ping() {
      probe ??= createCluster(settings);
      await probe.metadata([]);
    },
    async close() {
      await probe?.close();
    },
  };
};
