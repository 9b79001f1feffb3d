import { EventLogError } from '../../port.ts';
import { withinMs } from '../../within.ts';
import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import type { GroupLink } from '../membership.ts';
import { findCoordinatorRequest } from '../protocol/group.ts';
import type { RawRequest } from '../protocol/request.ts';
import type { ClientSettings } from './client.ts';
import { createCluster } from './cluster.ts';
import { topicOf } from './leaders.ts';

const USUAL_TIMEOUT_MS = 10_000;
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
  let coordinator: string | null = null;

  const learn = async () => topicOf(await cluster.metadata([topic]), topic);

  /** Asks every broker in turn: the first may be one that cannot be reached. */
  async function findCoordinator(): Promise<string> {
    await learn();
    let failure: unknown = new EventLogError('unavailable', 'Kafka: no broker is known', { retriable: true });
    for (const nodeId of cluster.nodeIds()) {
      try {
        const answer = await cluster.askRaw(nodeId, findCoordinatorRequest(groupId));
        if (answer.errorCode === KAFKA_ERROR.NONE) {
          return String(answer.nodeId);
        }
        failure = brokerError(answer.errorCode, `the coordinator of group ${groupId} is not known`);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async function send<Answer>(request: RawRequest<Answer>): Promise<Answer> {
    coordinator ??= await findCoordinator();
    return cluster.askRaw(coordinator, request);
  }

  return {
    async connect() {
      await learn();
    },
    async ask(request) {
      try {
        return await withinMs(request.timeoutMs ?? USUAL_TIMEOUT_MS, send(request));
      } catch (error) {
        coordinator = null;
        throw error;
      }
    },
    moved() {
      coordinator = null;
    },
    partitions: () =>
      withinMs(USUAL_TIMEOUT_MS, learn()).then(({ partitions }) => partitions.map((each) => each.partitionIndex)),
    close: () => cluster.close(),
  };
}
