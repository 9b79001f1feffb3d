import type { Kafka } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import { withinMs } from '../../within.ts';
import { createCoordinator, USUAL_TIMEOUT_MS } from '../coordinator.ts';
import type { GroupLink } from '../membership.ts';
import { newCluster } from './cluster.ts';
import { sendRaw } from './raw-request.ts';

/**
 * Over a cluster of its own: a broker answers a connection's requests one after the other, and a member that joins is
 * answered only when the whole group has come.
 */
export function createGroupLink(kafka: Kafka, topic: string, groupId: string): GroupLink {
  const cluster = newCluster(kafka);
  let closed = false;

  async function connect(): Promise<void> {
    if (closed) {
      throw new EventLogError('closed', 'the membership was ended', { retriable: false }); // never connect again
    }
    await cluster.connect();
    await cluster.addTargetTopic(topic);
  }

  const coordinator = createCoordinator(
    {
      // One by one: kafkajs's own search ends at the first that cannot be reached.
      async nodeIds() {
        await connect();
        return cluster.getNodeIds().map(String);
      },
      send: async (nodeId, request) => sendRaw(await cluster.findBroker({ nodeId }), request),
    },
    groupId,
  );

  return {
    ...coordinator,
    connect,
    partitions: () =>
      withinMs(
        USUAL_TIMEOUT_MS,
        (async () => {
          await connect();
          await cluster.refreshMetadata();
          return cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
        })(),
      ),
    async close() {
      closed = true;
      await cluster.disconnect();
    },
  };
}
