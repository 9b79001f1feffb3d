import { setTimeout as delay } from 'node:timers/promises';
import { type Broker, type Cluster, type Kafka, PartitionAssigners } from 'kafkajs';
import { EventLogError, type PartitionLag } from '../port.ts';
import { asLogError, errorType } from './errors.ts';
import type { FetchedPartition } from './fetched.ts';
import { fetchTopicId } from './topic-id.ts';

export type FetchRequest = { partition: number; from: bigint };

/** Everything asked of Kafka about one topic, except for producing and for membership of a group. */
export type TopicClient = {
  /** Kafka's id of the topic. */
  epoch(): Promise<string>;
  offsets(): Promise<PartitionLag[]>;
  committed(groupId: string): Promise<Map<number, { offset: bigint; metadata: string }>>;
  /** The brokers that lead these partitions, as known now: partitions without a known leader are left out. */
  leaders(partitions: readonly number[]): Map<string, number[]>;
  /** One fetch from one broker, not tried again; throws what kafkajs throws. */
  fetch(nodeId: string, requests: readonly FetchRequest[], limits: FetchLimits): Promise<FetchedPartition[]>;
  /** Learns leaders anew; throws EventLogError. */
  refresh(): Promise<void>;
  close(): Promise<void>;
};

type FetchLimits = { maxBytesPerPartition: number; maxWaitMs: number };

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
const READ_COMMITTED = 1;
const NO_OFFSET = 0n;

/** Told by a broker that is no longer (or not yet) the one to ask: the next attempt asks anew. */
const MOVED = new Set(['NOT_LEADER_FOR_PARTITION', 'NOT_COORDINATOR_FOR_GROUP', 'GROUP_LOAD_IN_PROGRESS']);

/**
 * Uses kafkajs's cluster (connections, TLS, SASL, metadata), which it hands to partition assigners: one for this
 * topic alone, because kafkajs refreshes the metadata of all topics a cluster ever saw and fails for all when one of
 * them was deleted.
 */
export function createTopicClient(kafka: Kafka, topic: string): TopicClient {
  const cluster = newCluster(kafka);
  let closed = false;

  async function connect(): Promise<void> {
    if (closed) {
      throw new EventLogError('closed', 'the event log was stopped', { retriable: false }); // never connect again
    }
    await cluster.connect();
    await cluster.addTargetTopic(topic);
  }

  /** Tries again what may pass; throws EventLogError. */
  async function attempt<T>(action: () => Promise<T>): Promise<T> {
    let waitMs = FIRST_DELAY_MS;
    let unknown = 0;
    for (let tries = 1; ; tries++) {
      try {
        await connect();
        return await action();
      } catch (error) {
        const failure = asLogError(error);
        if (failure.code === 'unknown_topic') {
          unknown++; // once may be a partition of the topic that stood here before
        }
        const hopeless = !failure.retriable && !MOVED.has(errorType(error) ?? '');
        if (tries === ATTEMPTS || hopeless || unknown > 1) {
          throw failure;
        }
        await delay(waitMs);
        waitMs *= 2;
        await cluster.refreshMetadata().catch(() => {
          // The next attempt meets the same and says so.
        });
      }
    }
  }

  function partitions(): number[] {
    return cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => partitionId)
      .sort((a, b) => a - b);
  }

  async function anyBroker(): Promise<Broker> {
    const [nodeId] = cluster.getNodeIds();
    if (nodeId === undefined) {
      throw new EventLogError('unavailable', 'Kafka: no broker is known', { retriable: true });
    }
    return cluster.findBroker({ nodeId: String(nodeId) });
  }

  async function listOffsets(fromBeginning: boolean): Promise<Map<number, bigint>> {
    const asked = partitions().map((partition) => ({ partition }));
    const answers = await cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning }]);
    return new Map(
      answers.flatMap((answer) =>
        answer.partitions.map(({ partition, offset }) => [partition, BigInt(offset)] as const),
      ),
    );
  }

  return {
    epoch: () => attempt(async () => fetchTopicId(await anyBroker(), topic)),
    offsets: () =>
      attempt(async () => {
        await cluster.refreshMetadataIfNecessary();
        const [earliest, end] = [await listOffsets(true), await listOffsets(false)];
        return partitions().map((partition) => ({
          partition,
          earliest: earliest.get(partition) ?? NO_OFFSET,
          end: end.get(partition) ?? NO_OFFSET,
        }));
      }),
    committed: (groupId) =>
      attempt(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId });
        // kafkajs types the request as if offsets were sent in it.
        const asked = partitions().map((partition) => ({ partition, offset: '' }));
        const { responses } = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: asked }] });
        const result = new Map<number, { offset: bigint; metadata: string }>();
        for (const answer of responses.flatMap((response) => response.partitions)) {
          const offset = BigInt(answer.offset);
          if (offset >= 0n) {
            const metadata = 'metadata' in answer && typeof answer.metadata === 'string' ? answer.metadata : '';
            result.set(answer.partition, { offset, metadata });
          }
        }
        return result;
      }),
    leaders(asked) {
      return new Map(Object.entries(cluster.findLeaderForPartitions(topic, [...asked])));
    },
    async fetch(nodeId, requests, { maxBytesPerPartition, maxWaitMs }) {
      const broker = await cluster.findBroker({ nodeId });
      const answer: { responses: { partitions: FetchedPartition[] }[] } = await broker.fetch({
        isolationLevel: READ_COMMITTED,
        replicaId: -1,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes: MAX_RESPONSE_BYTES,
        topics: [
          {
            topic,
            partitions: requests.map(({ partition, from }) => ({
              partition,
              fetchOffset: from.toString(),
              maxBytes: maxBytesPerPartition,
            })),
          },
        ],
      });
      return answer.responses.flatMap((response) => response.partitions);
    },
    refresh: () =>
      attempt(async () => {
        await cluster.refreshMetadata();
      }),
    async close() {
      closed = true;
      await cluster.disconnect();
    },
  };
}

/**
 * kafkajs has no public way to its cluster but this one: an assigner is given it. The consumer made for it never
 * joins a group.
 */
function newCluster(kafka: Kafka): Cluster {
  let cluster: Cluster | undefined;
  kafka.consumer({
    groupId: 'cartledger-no-group',
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
    // Only says of offsets that are listed that they are the high watermarks; fetches say themselves what they read.
    readUncommitted: true,
    partitionAssigners: [
      (context) => {
        cluster = context.cluster;
        return PartitionAssigners.roundRobin(context);
      },
    ],
  });
  if (!cluster) {
    throw new Error('kafkajs did not hand its cluster to the partition assigner: use version 2.2.4');
  }
  return cluster;
}
