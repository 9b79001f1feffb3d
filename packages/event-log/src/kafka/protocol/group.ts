import { array, int8, int16, int32, int64, NULL_STRING, string } from './fields.ts';
import { createReader } from './reader.ts';
import type { RawRequest } from './request.ts';

/*
 * What a member of a classic consumer group asks, in the newest versions without compact fields: FindCoordinator 2,
 * JoinGroup 5 (Kafka 2.3), SyncGroup 3, Heartbeat 3, LeaveGroup 2, OffsetCommit 5.
 */

const NO_INSTANCE = NULL_STRING;
const PROTOCOL_TYPE = 'consumer';
const KEY_IS_GROUP = 0;
/** On top of the rebalance, for as long as which the group may wait for others. */
const JOIN_MARGIN_MS = 5_000;

type Refusable = {
  /** Kafka's number of why it was not done; 0: it was. */
  errorCode: number;
};

export type Member = { groupId: string; memberId: string; generation: number };

/** A protocol the group may agree on, and what this member says of itself in it. */
export type Offer = { name: string; metadata: Buffer };

const bytes = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value]);

const memberFields = ({ groupId, memberId, generation }: Member): Buffer =>
  Buffer.concat([string(groupId), int32(generation), string(memberId), NO_INSTANCE]);

/** An answer that says nothing but whether it was done. */
function decodeDone(payload: Buffer): { answer: Refusable; throttleMs: number } {
  const read = createReader(payload);
  const throttleMs = read.int32();
  return { answer: { errorCode: read.int16() }, throttleMs };
}

/** Asks any broker which one is the group's coordinator. */
export function findCoordinatorRequest(groupId: string): RawRequest<Refusable & { nodeId: number }> {
  return {
    apiKey: 10,
    apiVersion: 2,
    apiName: 'FindCoordinator',
    body: Buffer.concat([string(groupId), int8(KEY_IS_GROUP)]),
    decode(payload) {
      const read = createReader(payload);
      const throttleMs = read.int32();
      const errorCode = read.int16();
      read.string(); // error_message
      return { answer: { errorCode, nodeId: read.int32() }, throttleMs };
    },
  };
}

export type JoinAnswer = Refusable & {
  generation: number;
  leaderId: string;
  /** Ours from now on, also when the group only gives it out and wants to be asked again with it. */
  memberId: string;
  /** Of all members, told to the leader alone. */
  memberIds: string[];
};

/** Answered when all members have come, or their time is over. An empty `memberId`: a new member. */
export function joinGroupRequest(
  { groupId, memberId }: Pick<Member, 'groupId' | 'memberId'>,
  offer: Offer,
  times: { sessionTimeoutMs: number; rebalanceTimeoutMs: number },
): RawRequest<JoinAnswer> {
  return {
    apiKey: 11,
    apiVersion: 5,
    apiName: 'JoinGroup',
    timeoutMs: times.rebalanceTimeoutMs + JOIN_MARGIN_MS,
    body: Buffer.concat([
      string(groupId),
      int32(times.sessionTimeoutMs),
      int32(times.rebalanceTimeoutMs),
      string(memberId),
      NO_INSTANCE,
      string(PROTOCOL_TYPE),
      array([Buffer.concat([string(offer.name), bytes(offer.metadata)])]),
    ]),
    decode(payload) {
      const read = createReader(payload);
      const throttleMs = read.int32();
      const errorCode = read.int16();
      const generation = read.int32();
      read.string(); // protocol_name
      const leaderId = read.string();
      const given = read.string();
      const memberIds = read.array(() => {
        const id = read.string();
        read.string(); // group_instance_id
        read.bytes(); // metadata
        return id;
      });
      return { answer: { errorCode, generation, leaderId, memberId: given, memberIds }, throttleMs };
    },
  };
}

/** The leader says who gets what, the others nothing; each is answered with what it got. */
export function syncGroupRequest(
  member: Member,
  assignments: ReadonlyMap<string, Buffer>,
  timeoutMs: number,
): RawRequest<Refusable & { assignment: Buffer }> {
  const said = [...assignments].map(([memberId, assignment]) => Buffer.concat([string(memberId), bytes(assignment)]));
  return {
    apiKey: 14,
    apiVersion: 3,
    apiName: 'SyncGroup',
    timeoutMs,
    body: Buffer.concat([memberFields(member), array(said)]),
    decode(payload) {
      const read = createReader(payload);
      const throttleMs = read.int32();
      const errorCode = read.int16();
      return { answer: { errorCode, assignment: read.bytes() }, throttleMs };
    },
  };
}

export function heartbeatRequest(member: Member, timeoutMs: number): RawRequest<Refusable> {
  const body = memberFields(member);
  return { apiKey: 12, apiVersion: 3, apiName: 'Heartbeat', timeoutMs, body, decode: decodeDone };
}

export function leaveGroupRequest(
  { groupId, memberId }: Pick<Member, 'groupId' | 'memberId'>,
  timeoutMs: number,
): RawRequest<Refusable> {
  const body = Buffer.concat([string(groupId), string(memberId)]);
  return { apiKey: 13, apiVersion: 2, apiName: 'LeaveGroup', timeoutMs, body, decode: decodeDone };
}

type CommittedPartition = Refusable & { partition: number };

/** Each partition is stored or refused by itself. */
export function offsetCommitRequest(
  { groupId, memberId, generation }: Member,
  topic: string,
  offsets: readonly { partition: number; offset: bigint; metadata: string }[],
): RawRequest<CommittedPartition[]> {
  const stored = offsets.map(({ partition, offset, metadata }) =>
    Buffer.concat([int32(partition), int64(offset), string(metadata)]),
  );
  return {
    apiKey: 8,
    apiVersion: 5,
    apiName: 'OffsetCommit',
    body: Buffer.concat([
      string(groupId),
      int32(generation),
      string(memberId),
      array([Buffer.concat([string(topic), array(stored)])]),
    ]),
    decode(payload) {
      const read = createReader(payload);
      const throttleMs = read.int32();
      const topics = read.array(() => {
        read.string(); // the topic's name
        return read.array((): CommittedPartition => {
          const partition = read.int32();
          return { partition, errorCode: read.int16() };
        });
      });
      return { answer: topics.flat(), throttleMs };
    },
  };
}

/*
 * What members tell each other inside of those: the "consumer protocol", version 0, under the name and with the shares
 * that kafkajs's round robin has, so that members of both kinds share a group.
 */
const CONSUMER_PROTOCOL = int16(0);
const NO_USER_DATA = bytes(Buffer.alloc(0));

export function roundRobinOffer(topic: string): Offer {
  const metadata = Buffer.concat([CONSUMER_PROTOCOL, array([string(topic)]), NO_USER_DATA]);
  return { name: 'RoundRobinAssigner', metadata };
}

/** The partitions, dealt out one after the other to the members in the order of their ids. */
export function dealOut(
  topic: string,
  partitions: readonly number[],
  memberIds: readonly string[],
): Map<string, Buffer> {
  const inOrder = memberIds.toSorted();
  return new Map(
    inOrder.map((memberId, turn) => {
      const share = partitions.filter((_, index) => index % inOrder.length === turn).map(int32);
      const topics = share.length > 0 ? [Buffer.concat([string(topic), array(share)])] : [];
      return [memberId, Buffer.concat([CONSUMER_PROTOCOL, array(topics), NO_USER_DATA])];
    }),
  );
}

/** The partitions of `topic` in an assignment; one with nothing in it has none. */
export function assignedOf(topic: string, assignment: Buffer): number[] {
  if (assignment.length === 0) {
    return [];
  }
  const read = createReader(assignment);
  read.skip(2); // version
  const topics = read.array(() => ({ name: read.string(), partitions: read.array(() => read.int32()) }));
  return topics.filter(({ name }) => name === topic).flatMap(({ partitions }) => partitions);
}
