import type { Kafka } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import { withinMs } from '../../within.ts';
import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import type { GroupLink } from '../membership.ts';
import { findCoordinatorRequest } from '../protocol/group.ts';
import type { RawRequest } from '../protocol/request.ts';
import { newCluster } from './cluster.ts';
import { sendRaw } from './raw-request.ts';

const USUAL_TIMEOUT_MS = 10_000;

/**
 * Over a cluster of its own: a broker answers a connection's requests one after the other, and a member that joins is
 * answered only when the whole group has come.
 */
export function createGroupLink(kafka: Kafka, topic: string, groupId: string): GroupLink {
  const cluster = newCluster(kafka);
  let coordinator: string | null = null;
  let closed = false;

  async function connect(): Promise<void> {
    if (closed) {
      throw new EventLogError('closed', 'the membership was ended', { retriable: false }); // never connect again
    }
    await cluster.connect();
    await cluster.addTargetTopic(topic);
  }

  /** Asks every broker in turn: kafkajs's own search ends at the first that cannot be reached. */
  async function findCoordinator(): Promise<string> {
    await connect();
    let failure: unknown = new EventLogError('unavailable', 'Kafka: no broker is known', { retriable: true });
    for (const nodeId of cluster.getNodeIds()) {
      try {
        const broker = await cluster.findBroker({ nodeId: String(nodeId) });
        const answer = await sendRaw(broker, findCoordinatorRequest(groupId));
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
    return sendRaw(await cluster.findBroker({ nodeId: coordinator }), request);
  }

  return {
    connect,
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
