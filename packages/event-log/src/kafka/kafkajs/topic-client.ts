import type { Broker, Kafka } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import { attempt as persistently } from '../attempts.ts';
import type { TopicClient } from '../backend.ts';
import { FETCH_KEY, fetchRequest } from '../protocol/fetch.ts';
import { FETCH_BY_ID_VERSION, fetchByIdRequest } from '../protocol/fetch-by-id.ts';
import { newCluster } from './cluster.ts';
import { newestVersion, sendRaw } from './raw-request.ts';
import { fetchTopicId } from './topic-id.ts';

const NO_OFFSET = 0n;

/** Kafka answers -1 where no record is as late. */
const found = (offset: bigint | undefined): bigint | undefined =>
  offset === undefined || offset < 0n ? undefined : offset;

/**
 * Has a cluster for this topic alone, because kafkajs refreshes the metadata of all topics a cluster ever saw and fails
 * for all when one of them was deleted.
 */
export function createTopicClient(kafka: Kafka, topic: string): TopicClient {
  const cluster = newCluster(kafka);
  let closed = false;
  let turn = 0;
  let questions = 0;

  async function connect(): Promise<void> {
    if (closed) {
      throw new EventLogError('closed', 'the event log was stopped', { retriable: false }); // never connect again
    }
    await cluster.connect();
    await cluster.addTargetTopic(topic);
  }

  function attempt<T>(action: () => Promise<T>): Promise<T> {
    return persistently(
      async () => {
        await connect();
        return action();
      },
      () => cluster.refreshMetadata(),
    );
  }

  function partitions(): number[] {
    return cluster
      .findTopicPartitionMetadata(topic)
      .map(({ partitionId }) => partitionId)
      .sort((a, b) => a - b);
  }

  /** Another one each time: one that died is known for some seconds more. */
  async function anyBroker(): Promise<Broker> {
    const known = cluster.getNodeIds();
    const nodeId = known[questions++ % known.length];
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
        // Each time: how far a topic is taken in must not be told without a partition that it just got.
        await cluster.refreshMetadata();
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
    async fetch(nodeId, topicId, asked, limits) {
      const broker = await cluster.findBroker({ nodeId });
      // Another one first each time: an answer may be full before the last ones get their turn.
      const first = turn++ % asked.length;
      const inTurn = [...asked.slice(first), ...asked.slice(0, first)];
      const isById = newestVersion(broker, FETCH_KEY) >= FETCH_BY_ID_VERSION;
      const request = isById ? fetchByIdRequest(topicId, inTurn, limits) : fetchRequest(topic, inTurn, limits);
      return sendRaw(broker, request);
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
