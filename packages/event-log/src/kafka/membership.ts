import type { Logger } from '../logger.ts';
import type { Membership, MembershipHandlers, OffsetToCommit } from './backend.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import { asLogError, isPermanent, isStaleMember, kafkaCode } from './errors.ts';
import {
  assignedOf,
  dealOut,
  heartbeatRequest,
  joinGroupRequest,
  leaveGroupRequest,
  type Member,
  offsetCommitRequest,
  roundRobinOffer,
  syncGroupRequest,
} from './protocol/group.ts';
import type { RawRequest } from './protocol/request.ts';

/** How a member reaches its group and its topic, whatever the client. */
export type GroupLink = {
  /** Throws EventLogError, also when the topic is not there. */
  connect(): Promise<void>;
  /** Asks the group's coordinator, within the request's time; after a failure the next one asked looks for it anew. */
  ask<Answer>(request: RawRequest<Answer>): Promise<Answer>;
  /** The broker asked last said that it is not, or not yet, the coordinator. */
  moved(): void;
  /** The topic's partitions, learnt now. */
  partitions(): Promise<number[]>;
  close(): Promise<void>;
};

/** How long a member may be silent before the group gives its partitions to others. */
export const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 30_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
/** Of heartbeats, between two looks at how many partitions the topic has. */
const BEATS_A_LOOK = 10;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 2_000;
/** A coordinator that died is replaced within some seconds; who commits should not wait for longer than for a send. */
const COMMIT_PATIENCE_MS = 10_000;
const LEAVE_TIMEOUT_MS = 3_000;

const MOVED: ReadonlySet<number | undefined> = new Set([
  KAFKA_ERROR.NOT_COORDINATOR,
  KAFKA_ERROR.COORDINATOR_NOT_AVAILABLE,
  KAFKA_ERROR.COORDINATOR_LOAD_IN_PROGRESS,
]);

/** From one rebalance to the next. */
type Generation = Member & {
  partitions: number[];
  isLeader: boolean;
  /** How many partitions the topic had when they were dealt out; the leader's to know. */
  dealtOut: number;
};

/**
 * A member of a classic consumer group: joining -> joined (a heartbeat a second) -> joining again when the group says
 * so, for ever until it is stopped. What a coordinator that is away breaks is only tried again, under the same member id
 * and generation: whoever takes over for it knows them, so nobody's reading is disturbed. A member that came back under a
 * new id would be waited for twice: the group goes on only when the former one's session is over.
 */
export function createMembership(
  link: GroupLink,
  { topic, groupId, logger }: { topic: string; groupId: string; logger: Logger },
  handlers: MembershipHandlers,
): Membership {
  const where = { topic, groupId };
  const offer = roundRobinOffer(topic);
  const times = { sessionTimeoutMs: SESSION_TIMEOUT_MS, rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS };
  /** Empty: the group does not know us. */
  let memberId = '';
  let joined: Generation | null = null;
  let leaving = false;
  let stopped = false;
  let living: Promise<void> = Promise.resolve();
  let endPause = () => {};

  /** Ended early by `stop` and `rejoin`. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const delayMs = (failures: number) => Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS);

  /** Throws what the coordinator refused. */
  function accepted(errorCode: number, what: string): void {
    if (errorCode === KAFKA_ERROR.NONE) {
      return;
    }
    if (MOVED.has(errorCode)) {
      link.moved();
    }
    throw brokerError(errorCode, `group ${groupId}: ${what} was refused`);
  }

  function lose(): void {
    if (joined !== null) {
      joined = null;
      handlers.onLost();
    }
  }

  async function joinOnce(): Promise<Generation> {
    const known = await link.partitions();
    const ask = () => link.ask(joinGroupRequest({ groupId, memberId }, offer, times));
    let answer = await ask();
    if (answer.errorCode === KAFKA_ERROR.MEMBER_ID_REQUIRED) {
      memberId = answer.memberId; // kept whatever becomes of the next request
      answer = await ask();
    }
    accepted(answer.errorCode, 'joining');
    memberId = answer.memberId;
    const { generation, leaderId, memberIds } = answer;
    const isLeader = leaderId === memberId;
    const member = { groupId, memberId, generation };
    const shares = isLeader ? dealOut(topic, known, memberIds) : new Map<string, Buffer>();
    const synced = await link.ask(syncGroupRequest(member, shares, REBALANCE_TIMEOUT_MS));
    accepted(synced.errorCode, 'its share');
    return { ...member, isLeader, dealtOut: known.length, partitions: assignedOf(topic, synced.assignment) };
  }

  /** Null when it was stopped meanwhile. */
  async function join(): Promise<Generation | null> {
    for (let failures = 0; !stopped; failures++) {
      try {
        return await joinOnce();
      } catch (error) {
        forgetIfUnknown(error);
        if (isPermanent(error)) {
          throw error;
        }
        if (!isStaleMember(error) && !stopped) {
          logger.warn({ ...where, err: asLogError(error) }, 'joining the group failed; tried again');
        }
        await pause(delayMs(failures));
      }
    }
    return null;
  }

  function forgetIfUnknown(error: unknown): void {
    if (kafkaCode(error) === KAFKA_ERROR.UNKNOWN_MEMBER_ID) {
      memberId = '';
    }
  }

  /** Answers when the group is to be joined again: it says so, or has more partitions to deal out. */
  async function stay(generation: Generation): Promise<void> {
    let failures = 0;
    for (let beats = 1; ; beats++) {
      await pause(failures === 0 ? HEARTBEAT_INTERVAL_MS : delayMs(failures - 1));
      if (joined !== generation) {
        return;
      }
      try {
        accepted((await link.ask(heartbeatRequest(generation, SESSION_TIMEOUT_MS))).errorCode, 'a sign of life');
        failures = 0;
        if (generation.isLeader && beats % BEATS_A_LOOK === 0 && (await hasOtherPartitions(generation))) {
          return; // the leader that joins again makes all others do so
        }
      } catch (error) {
        forgetIfUnknown(error);
        if (isStaleMember(error) || joined !== generation) {
          return;
        }
        if (isPermanent(error)) {
          throw error;
        }
        failures++;
        logger.warn({ ...where, err: asLogError(error) }, 'the coordinator of the group did not answer; asked again');
      }
    }
  }

  async function hasOtherPartitions({ dealtOut }: Generation): Promise<boolean> {
    try {
      const now = (await link.partitions()).length;
      if (now !== dealtOut) {
        logger.info({ ...where, from: dealtOut, to: now }, 'the topic has other partitions: they are dealt out anew');
      }
      return now !== dealtOut;
    } catch (error) {
      logger.debug({ ...where, err: error }, 'the partitions of the topic are not known; looked at again later');
      return false;
    }
  }

  async function leave(): Promise<void> {
    if (memberId === '') {
      return;
    }
    try {
      await link.ask(leaveGroupRequest({ groupId, memberId }, LEAVE_TIMEOUT_MS));
    } catch (error) {
      logger.debug({ ...where, err: error }, 'leaving the group was not answered: the session ends by itself');
    }
    memberId = '';
  }

  async function live(): Promise<void> {
    for (;;) {
      const generation = await join();
      if (generation === null || stopped) {
        return;
      }
      if (!leaving) {
        joined = generation;
        handlers.onJoined(generation.partitions);
        await stay(generation);
        lose();
      }
      if (leaving) {
        leaving = false;
        await leave();
      }
    }
  }

  async function commit(offsets: readonly OffsetToCommit[]): Promise<boolean> {
    const under = joined;
    const begun = performance.now();
    for (let failures = 0; under !== null; failures++) {
      try {
        const answers = await link.ask(offsetCommitRequest(under, topic, offsets));
        const codes = new Map(answers.map(({ partition, errorCode }) => [partition, errorCode]));
        for (const { partition } of offsets) {
          // One left out of the answer is not to be taken for stored.
          accepted(codes.get(partition) ?? KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION, `offset of partition ${partition}`);
        }
        return true;
      } catch (error) {
        if (isStaleMember(error) || joined !== under) {
          return false;
        }
        const failure = asLogError(error);
        const waitMs = delayMs(failures);
        if (!failure.retriable || performance.now() + waitMs - begun > COMMIT_PATIENCE_MS) {
          throw failure;
        }
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
    return false;
  }

  return {
    async start() {
      try {
        await link.connect();
      } catch (error) {
        await link.close();
        throw asLogError(error);
      }
      setImmediate(() => {
        living = live().catch((error: unknown) => {
          lose();
          if (!stopped) {
            handlers.onFatal(asLogError(error));
          }
        });
      });
    },
    commit,
    rejoin() {
      lose();
      leaving = true;
      endPause();
    },
    async stop() {
      stopped = true;
      joined = null;
      endPause();
      await living;
      await leave();
      await link.close();
    },
  };
}
