import { listOffsetsV6, offsetFetchV7 } from '@platformatic/kafka';
import { attempt } from '../attempts.ts';
import type { TopicClient } from '../backend.ts';
import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import { FETCH_KEY, fetchRequest } from '../protocol/fetch.ts';
import { FETCH_BY_ID_VERSION, fetchByIdRequest } from '../protocol/fetch-by-id.ts';
import type { ClientSettings } from './client.ts';
import { createCluster } from './cluster.ts';
import { createLeaders, topicIdOf } from './leaders.ts';

/** Kafka's names for the two ends of a partition, among times. */
const LATEST = -1n;
const EARLIEST = -2n;
const CONSUMER = -1;
/** Of offsets that are listed: the end is the high watermark. Fetches say themselves what they read. */
const READ_UNCOMMITTED = 0;
const UNKNOWN_EPOCH = -1;

/** Has connections of its own: a broker answers a connection's requests one after another, and fetches wait. */
export function createTopicClient(settings: ClientSettings, topic: string): TopicClient {
  const cluster = createCluster(settings);
  const leaders = createLeaders(cluster, topic);
  let turn = 0;

  const persistently = <T>(action: () => Promise<T>): Promise<T> => attempt(action, () => leaders.learn(true));

  const partitions = (): number[] => Array.from({ length: leaders.partitions() }, (_, partition) => partition);

  /** By partition the first offset of this time or later; absent where there is none. */
  async function listOffsets(timestamp: bigint): Promise<Map<number, bigint>> {
    const led = leaders.of(partitions());
    if ([...led.values()].flat().length < leaders.partitions()) {
      throw brokerError(KAFKA_ERROR.LEADER_NOT_AVAILABLE, `a partition of ${topic}`);
    }
    const answers = await Promise.all(
      [...led].map(([nodeId, ofNode]) => {
        const asked = ofNode.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: UNKNOWN_EPOCH,
          timestamp,
        }));
        return cluster.ask(nodeId, (connection) =>
          listOffsetsV6.api.async(connection, CONSUMER, READ_UNCOMMITTED, [{ name: topic, partitions: asked }]),
        );
      }),
    );
    const found = answers.flatMap(({ topics }) => topics.flatMap((answer) => answer.partitions));
    return new Map(
      found.flatMap(({ partitionIndex, offset }) => (offset < 0n ? [] : [[partitionIndex, offset] as const])),
    );
  }

  return {
    epoch: () => persistently(async () => topicIdOf(await cluster.metadata([topic]), topic)),
    offsets: () =>
      persistently(async () => {
        // Each time: how far a topic is taken in must not be told without a partition that it just got.
        await leaders.learn(true);
        const [earliest, end] = [await listOffsets(EARLIEST), await listOffsets(LATEST)];
        return partitions().map((partition) => ({
          partition,
          earliest: earliest.get(partition) ?? 0n,
          end: end.get(partition) ?? 0n,
        }));
      }),
    offsetsAt: (timeMs) =>
      persistently(async () => {
        await leaders.learn(false);
        const end = await listOffsets(LATEST);
        const at = await listOffsets(BigInt(Math.trunc(timeMs)));
        return new Map([...end].map(([partition, last]) => [partition, at.get(partition) ?? last]));
      }),
    committed: (groupId) =>
      persistently(async () => {
        await leaders.learn(false);
        const asked = [{ groupId, topics: [{ name: topic, partitionIndexes: partitions() }] }];
        const { topics } = await cluster.askCoordinator(groupId, (connection) =>
          offsetFetchV7.api.async(connection, asked, false),
        );
        const committed = topics.flatMap((answer) => answer.partitions);
        return new Map(
          committed.flatMap(({ partitionIndex, committedOffset: offset, metadata }) =>
            offset < 0n ? [] : [[partitionIndex, { offset, metadata: metadata ?? '' }] as const],
          ),
        );
      }),
    leaders: (asked) => leaders.of(asked),
    async fetch(nodeId, topicId, asked, limits) {
      // Another one first each time: an answer may be full before the last ones get their turn.
      const first = turn++ % asked.length;
      const inTurn = [...asked.slice(first), ...asked.slice(0, first)];
      const isById = (await cluster.newestVersion(nodeId, FETCH_KEY)) >= FETCH_BY_ID_VERSION;
      const request = isById ? fetchByIdRequest(topicId, inTurn, limits) : fetchRequest(topic, inTurn, limits);
      return cluster.askRaw(nodeId, request);
    },
    refresh: () => persistently(() => leaders.learn(true)),
    close: () => cluster.close(),
  };
}
