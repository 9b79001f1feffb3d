import { setTimeout as delay } from 'node:timers/promises';
import type { Broker, Kafka } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import type { TopicClient } from '../backend.ts';
import { KAFKA_ERROR } from '../error-codes.ts';
import { asLogError, kafkaCode } from '../errors.ts';
import { fetchRequest } from '../protocol/fetch.ts';
import { newCluster } from './cluster.ts';
import { sendRaw } from './raw-request.ts';
import { fetchTopicId } from './topic-id.ts';

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;
const NO_OFFSET = 0n;

/** Kafka answers -1 where no record is as late. */
const found = (offset: bigint | undefined): bigint | undefined =>
  offset === undefined || offset < 0n ? undefined : offset;

/** Told by a broker that is no longer (or not yet) the one to ask: the next attempt asks anew. */
const MOVED = new Set<number | undefined>([
  KAFKA_ERROR.NOT_LEADER_OR_FOLLOWER,
  KAFKA_ERROR.NOT_COORDINATOR,
  KAFKA_ERROR.COORDINATOR_LOAD_IN_PROGRESS,
]);

/**
 * Has a cluster for this topic alone, because kafkajs refreshes the metadata of all topics a cluster ever saw and fails
 * for all when one of them was deleted.
 */
export function createTopicClient(kafka: Kafka, topic: string): TopicClient {
  const cluster = newCluster(kafka);
  let closed = false;
  let turn = 0;

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
        const hopeless = !failure.retriable && !MOVED.has(kafkaCode(error));
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

  async function listOffsets(
    what: { fromBeginning: boolean } | { fromTimestamp: number },
  ): Promise<Map<number, bigint>> {
    const asked = partitions().map((partition) => ({ partition }));
    const answers = await cluster.fetchTopicsOffset([{ topic, partitions: asked, ...what }]);
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
        const earliest = await listOffsets({ fromBeginning: true });
        const end = await listOffsets({ fromBeginning: false });
        return partitions().map((partition) => ({
          partition,
          earliest: earliest.get(partition) ?? NO_OFFSET,
          end: end.get(partition) ?? NO_OFFSET,
        }));
      }),
    offsetsAt: (timeMs) =>
      attempt(async () => {
        await cluster.refreshMetadataIfNecessary();
        const end = await listOffsets({ fromBeginning: false });
        const at = await listOffsets({ fromTimestamp: timeMs });
        return new Map([...end].map(([partition, last]) => [partition, found(at.get(partition)) ?? last]));
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
    async fetch(nodeId, asked, limits) {
      const broker = await cluster.findBroker({ nodeId });
      // Another one first each time: an answer may be full before the last ones get their turn.
      const first = turn++ % asked.length;
      const inTurn = [...asked.slice(first), ...asked.slice(0, first)];
      return sendRaw(broker, fetchRequest(topic, inTurn, limits));
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
