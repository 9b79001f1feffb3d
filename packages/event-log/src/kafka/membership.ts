import type { Consumer, Kafka } from 'kafkajs';
import { RETRY } from './client.ts';
import { asLogError, isStaleMember } from './errors.ts';

const SESSION_TIMEOUT_MS = 30_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
/** Longer than a rebalance may take: a member silent for this long has died without saying so. */
const SILENCE_LIMIT_MS = REBALANCE_TIMEOUT_MS + 2 * SESSION_TIMEOUT_MS;
/** How long kafkajs rests between two looks at a group all of whose partitions are paused. */
const REST_MS = 250;

export type MembershipHandlers = {
  /** These partitions are ours from now on; those of before are not. */
  onJoined(partitions: number[]): void;
  /** None is ours until the next `onJoined`. */
  onLost(): void;
  onFatal(error: Error): void;
};

export type Membership = {
  /** Connects and checks the topic; joins after that, in the background. */
  start(): Promise<void>;
  /** Stores an offset as a member of the present generation; false when the group says it is over. */
  commit(partition: number, offset: bigint, metadata: string): Promise<boolean>;
  stop(): Promise<void>;
};

/**
 * Membership of a consumer group: joining, heartbeats, rebalances and commits are kafkajs's, fetching is not. Every
 * partition stays paused in kafkajs, whose own fetching cannot tell which assignment a batch belongs to, commits an
 * offset of its own (-2, without metadata) when one is out of range, and stops heartbeats while a batch is handled.
 */
export function createMembership(
  kafka: Kafka,
  options: { topic: string; groupId: string; now: () => number },
  handlers: MembershipHandlers,
): Membership {
  const { topic, groupId, now } = options;
  let stopping = false;
  let lastSign = now();
  const stored = new Set<string>();

  const consumer: Consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
    maxWaitTimeInMs: REST_MS,
    metadataMaxAge: 60_000,
    retry: { ...RETRY, restartOnFailure: async () => !stopping },
  });

  const sign = () => {
    lastSign = now();
  };
  consumer.on(consumer.events.HEARTBEAT, sign);
  consumer.on(consumer.events.CONNECT, sign);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    sign();
    if (stopping) {
      // kafkajs forgets a restart that is under way when it is stopped: throwing here ends it.
      throw new Error('joined after the consumer was stopped');
    }
    consumer.pause([{ topic }]);
    handlers.onJoined(payload.memberAssignment[topic] ?? []);
  });
  consumer.on(consumer.events.REBALANCING, () => {
    sign();
    handlers.onLost();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    sign();
    handlers.onLost();
    if (!payload.restart && !stopping) {
      handlers.onFatal(asLogError(payload.error));
    }
  });
  // kafkajs resolves a commit without storing it while it is crashing: only this event says that it is stored.
  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    for (const { partition, offset } of payload.topics.flatMap((committed) => committed.partitions)) {
      stored.add(`${partition}@${offset}`);
    }
  });

  const watch = setInterval(() => {
    if (now() - lastSign > SILENCE_LIMIT_MS) {
      clearInterval(watch);
      handlers.onFatal(asLogError(new Error(`no sign of life of group ${groupId} for ${SILENCE_LIMIT_MS} ms`)));
    }
  }, 5_000).unref();

  async function stop(): Promise<void> {
    stopping = true;
    clearInterval(watch);
    await consumer.disconnect();
  }

  return {
    async start() {
      try {
        await consumer.connect();
        await consumer.subscribe({ topic, fromBeginning: true });
      } catch (error) {
        await stop();
        throw asLogError(error);
      }
      setImmediate(() => {
        const run = consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
        run.catch((error: unknown) => handlers.onFatal(asLogError(error)));
      });
    },
    async commit(partition, offset, metadata) {
      const key = `${partition}@${offset}`;
      stored.delete(key);
      try {
        await consumer.commitOffsets([{ topic, partition, offset: offset.toString(), metadata }]);
        return stored.delete(key);
      } catch (error) {
        if (isStaleMember(error)) {
          return false;
        }
        throw asLogError(error);
      }
    },
    stop,
  };
}
