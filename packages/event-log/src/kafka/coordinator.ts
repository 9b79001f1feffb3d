import { EventLogError } from '../port.ts';
import { withinMs } from '../within.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import type { GroupLink } from './membership.ts';
import { findCoordinatorRequest } from './protocol/group.ts';
import type { RawRequest } from './protocol/request.ts';

export const USUAL_TIMEOUT_MS = 10_000;

/** Brokers as a client reaches them. */
export type Brokers = {
  /** Of all brokers known, learnt when there is need. */
  nodeIds(): Promise<readonly string[]>;
  send<Answer>(nodeId: string, request: RawRequest<Answer>): Promise<Answer>;
};

/** Asks the coordinator of a group, which is looked for when it is not known, or did not answer. */
export function createCoordinator(brokers: Brokers, groupId: string): Pick<GroupLink, 'ask' | 'moved'> {
  let coordinator: string | null = null;

  /** Asks every broker in turn: the first may be one that cannot be reached. */
  async function find(): Promise<string> {
    let failure: unknown = new EventLogError('unavailable', 'Kafka: no broker is known', { retriable: true });
    for (const nodeId of await brokers.nodeIds()) {
      try {
        const answer = await brokers.send(nodeId, findCoordinatorRequest(groupId));
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
    coordinator ??= await find();
    return brokers.send(coordinator, request);
  }

  return {
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
  };
}
