import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import type { Logger } from '../../logger.ts';
import type { Membership, MembershipHandlers } from '../backend.ts';
import { asLogError, isPermanent, isStaleMember } from '../errors.ts';
import { RETRY } from './client.ts';

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 30_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
const WATCH_INTERVAL_MS = 5_000;
/**
 * Longer than any rebalance: a member that gave no sign of life for so many looks has died without saying so. Looks are
 * counted, not time: a machine that was asleep has not been silent.
 */
const SILENT_LOOKS = (2 * REBALANCE_TIMEOUT_MS + SESSION_TIMEOUT_MS) / WATCH_INTERVAL_MS;
/** How long kafkajs rests between two looks at a group all of whose partitions are paused. */
const REST_MS = 250;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;

/**
 * Membership of a consumer group: joining, heartbeats, rebalances and commits are kafkajs's, fetching is not. Every
 * partition stays paused in kafkajs, whose own fetching cannot tell which assignment a batch belongs to, commits an
 * offset of its own (-2, without metadata) when one is out of range, and stops heartbeats while a batch is handled.
 *
 * A kafkajs consumer that crashed is replaced by a new one: its own restart gives up for good when no coordinator is
 * found, and goes on after a stop that comes at the wrong moment.
 */
export function createMembership(
  kafka: Kafka,
  options: { topic: string; groupId: string; logger: Logger },
  handlers: MembershipHandlers,
): Membership {
  const { topic, groupId, logger } = options;
  const stopping = new AbortController();
  const stored = new Set<string>();
  let consumer = newConsumer();
  let silentLooks = 0;
  let crashes = 0;

  function newConsumer(): Consumer {
    const created = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: REST_MS,
      metadataMaxAge: 60_000,
      retry: { ...RETRY, restartOnFailure: async () => false },
    });
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH, COMMIT_OFFSETS } = created.events;
    created.on(HEARTBEAT, sign);
    created.on(GROUP_JOIN, ({ payload }) => {
      if (created !== consumer || stopping.signal.aborted) {
        throw new Error('joined after it was stopped'); // ends a start of kafkajs's that its stop did not reach
      }
      sign();
      crashes = 0;
      created.pause([{ topic }]);
      handlers.onJoined(payload.memberAssignment[topic] ?? []);
    });
    created.on(REBALANCING, () => {
      if (created === consumer) {
        sign();
        handlers.onLost();
      }
    });
    created.on(CRASH, ({ payload }) => onCrash(created, payload.error));
    // kafkajs resolves a commit without storing it while it is crashing: only this event says that it is stored.
    created.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const { partition, offset } of payload.topics.flatMap((committed) => committed.partitions)) {
        stored.add(`${partition}@${offset}`);
      }
    });
    return created;
  }

  function sign(): void {
    silentLooks = 0;
  }

  async function connect(created: Consumer): Promise<void> {
    await created.connect();
    await created.subscribe({ topic, fromBeginning: true });
  }

  function join(created: Consumer): void {
    created
      .run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} })
      .catch((error: unknown) => onCrash(created, error));
  }

  function onCrash(crashed: Consumer, error: unknown): void {
    if (crashed !== consumer || stopping.signal.aborted) {
      return;
    }
    handlers.onLost();
    if (isPermanent(error)) {
      handlers.onFatal(asLogError(error));
      return;
    }
    logger.warn({ topic, groupId, err: asLogError(error) }, 'the group was left by an error; joining it again');
    void replace(Math.min(FIRST_DELAY_MS * 2 ** crashes++, MAX_DELAY_MS));
  }

  async function replace(afterMs: number): Promise<void> {
    sign();
    const former = consumer;
    const created = newConsumer();
    consumer = created;
    try {
      await delay(afterMs, undefined, { signal: stopping.signal });
      await former.disconnect();
      await connect(created);
      if (created === consumer && !stopping.signal.aborted) {
        join(created);
      } else {
        await created.disconnect();
      }
    } catch (error) {
      onCrash(created, error);
    }
  }

  const watch = setInterval(() => {
    silentLooks++;
    if (silentLooks > SILENT_LOOKS) {
      clearInterval(watch);
      handlers.onFatal(asLogError(new Error(`the membership of group ${groupId} gives no sign of life`)));
    }
  }, WATCH_INTERVAL_MS).unref();

  async function stop(): Promise<void> {
    stopping.abort();
    clearInterval(watch);
    await consumer.disconnect();
  }

  return {
    async start() {
      try {
        await connect(consumer);
      } catch (error) {
        await stop();
        throw asLogError(error);
      }
      setImmediate(() => join(consumer));
    },
    async commit(offsets) {
      stored.clear();
      try {
        await consumer.commitOffsets(offsets.map((each) => ({ ...each, topic, offset: each.offset.toString() })));
        return offsets.every(({ partition, offset }) => stored.has(`${partition}@${offset}`));
      } catch (error) {
        if (isStaleMember(error)) {
          return false;
        }
        throw asLogError(error);
      }
    },
    rejoin() {
      if (!stopping.signal.aborted) {
        handlers.onLost();
        void replace(0);
      }
    },
    stop,
  };
}
