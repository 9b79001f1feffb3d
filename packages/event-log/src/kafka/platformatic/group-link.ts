import { withinMs } from '../../within.ts';
import { createCoordinator, USUAL_TIMEOUT_MS } from '../coordinator.ts';
import type { GroupLink } from '../membership.ts';
import type { ClientSettings } from './client.ts';
import { createCluster } from './cluster.ts';
import { topicOf } from './leaders.ts';

/** Longer than any request's own time: the client closes the connection of one that is not answered. */
const LONGEST_TIMEOUT_MS = 45_000;

/**
 * Over connections of its own: a broker answers a connection's requests one after the other, and a member that joins is
 * answered only when the whole group has come.
 */
export function createGroupLink(settings: ClientSettings, topic: string, groupId: string): GroupLink {
  const cluster = createCluster({
    ...settings,
    connections: { ...settings.connections, requestTimeout: LONGEST_TIMEOUT_MS },
  });

  const learn = async () => topicOf(await cluster.metadata([topic]), topic);

  const coordinator = createCoordinator(
    {
      async nodeIds() {
        await learn();
        return cluster.nodeIds();
      },
      send: (nodeId, request) => cluster.askRaw(nodeId, request),
    },
    groupId,
  );

  return {
    ...coordinator,
    async connect() {
      await learn();
    },
    partitions: () =>
      withinMs(USUAL_TIMEOUT_MS, learn()).then(({ partitions }) => partitions.map((each) => each.partitionIndex)),
    close: () => cluster.close(),
  };
}
