import type { Logger } from '../logger.ts';
import type { PartitionLag, ProduceRecord, TopicSettings } from '../port.ts';
import type { KafkaConnection } from './connection.ts';
import type { FetchedPartition, FetchLimits, FetchPartition } from './protocol/fetch.ts';

/** Everything asked of Kafka about one topic, except for producing and for membership of a group. */
export type TopicClient = {
  /** Kafka's id of the topic, as 32 hex digits. */
  epoch(): Promise<string>;
  offsets(): Promise<PartitionLag[]>;
  /** By partition the first offset whose record is of this time (ms UTC) or later; the end where there is none. */
  offsetsAt(timeMs: number): Promise<Map<number, bigint>>;
  committed(groupId: string): Promise<Map<number, { offset: bigint; metadata: string }>>;
  /** The brokers that lead these partitions, as known now: partitions without a known leader are left out. */
  leaders(partitions: readonly number[]): Map<string, number[]>;
  /**
   * One fetch from one broker, not tried again. Throws what the client throws; a partition's own error is in its answer.
   * Brokers older than 3.1 know no topic by its id: what is there under its name answers.
   */
  fetch(
    nodeId: string,
    topicId: string,
    partitions: readonly FetchPartition[],
    limits: FetchLimits,
  ): Promise<FetchedPartition[]>;
  /** Learns leaders anew; throws EventLogError. */
  refresh(): Promise<void>;
  close(): Promise<void>;
};

export type RecordSender = {
  /** Resolves when all in-sync replicas have every record. Else some may have been written; tries nothing again. */
  sendOnce(records: readonly ProduceRecord[]): Promise<void>;
  close(): Promise<void>;
};

export type MembershipHandlers = {
  /** These partitions are ours from now on; those of before are not. */
  onJoined(partitions: number[]): void;
  /** None is ours until the next `onJoined`. */
  onLost(): void;
  /** There is no point in trying on. */
  onFatal(error: Error): void;
};

export type OffsetToCommit = { partition: number; offset: bigint; metadata: string };

export type Membership = {
  /** Connects and checks the topic; joins after that, in the background. */
  start(): Promise<void>;
  /** Stores offsets, one call at a time, as a member of the present generation; false when the group says it is over. */
  commit(offsets: readonly OffsetToCommit[]): Promise<boolean>;
  /** Leaves the group and joins it anew, with what the topic is now. */
  rejoin(): void;
  stop(): Promise<void>;
};

/**
 * What a Kafka client brings to the log: connections, questions, sending once, membership. Retries, positions,
 * assignments and the records themselves are the log's own, whatever the client.
 */
export type Backend = {
  /** Connects when first used; every client has connections of its own. */
  topicClient(topic: string): TopicClient;
  sender(topic: string): RecordSender;
  membership(options: { topic: string; groupId: string }, handlers: MembershipHandlers): Membership;
  /** Throws EventLogError; a topic that is there already is left as it is. Not every broker may have heard of it yet. */
  createTopic(topic: NewTopic): Promise<void>;
  topicSettings(topic: string): Promise<TopicSettings>;
  /** Resolves when the cluster answers. */
  ping(): Promise<void>;
  /** Closes what `ping` opened; the others are closed by whoever asked for them. */
  close(): Promise<void>;
};

export type CreateBackend = (connection: KafkaConnection, deps: { logger: Logger; now: () => number }) => Backend;

type NewTopic = {
  name: string;
  partitions: number;
  /** -1: the brokers' default */
  replicationFactor: number;
  config: Readonly<Record<string, string>>;
};
