import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, silentLogger } from '../logger.ts';
import { type EventLog, EventLogError, type LogConsumer, type TopicOptions } from '../port.ts';
import { measureRecords } from '../record-bytes.ts';
import { withinMs } from '../within.ts';
import type { CreateBackend, TopicClient } from './backend.ts';
import type { KafkaConnection } from './connection.ts';
import { createKafkaConsumer } from './consumer.ts';
import { asLogError } from './errors.ts';
import { createKafkajsBackend } from './kafkajs/backend.ts';
import { createTopicProducer, type TopicProducer } from './producer.ts';
import { readRange } from './read-range.ts';

export type KafkaLogOptions = KafkaConnection & {
  /** The client that connects (see `loadKafkaDriver`). Default: kafkajs. */
  driver?: CreateBackend;
  logger?: Logger;
  now?: () => number;
  /** Largest record (key, value and headers). Default 1,000,000, just under what a broker takes by default. */
  maxRecordBytes?: number;
  /**
   * For how long `produce` tries again before it throws. Default 10,000: a cluster with default settings takes 9 s to
   * move the partitions of a broker that died.
   */
  producePatienceMs?: number;
  /**
   * Whether consumers compare what they read with its checksum. Default false: the broker has done so when it was
   * written, TCP does so in between, and it costs as much as all else that is done to a record here.
   */
  verifyChecksums?: boolean;
  /** Of topics made by `ensureTopic`. Default: the brokers' own. */
  replicationFactor?: number;
};

const HEALTH_TIMEOUT_MS = 3_000;
const KNOWN_PATIENCE_MS = 10_000;
const KNOWN_DELAY_MS = 200;
const STOP_TIMEOUT_MS = 10_000;

/**
 * The event log on Apache Kafka 2.8 or newer. Connects when first used; brokers may come and go after that. What
 * `produce` acknowledged is in all in-sync replicas.
 */
export function createKafkaLog(options: KafkaLogOptions): EventLog {
  const logger = options.logger ?? silentLogger;
  const now = options.now ?? Date.now;
  const maxRecordBytes = options.maxRecordBytes ?? 1_000_000;
  const verifyChecksums = options.verifyChecksums ?? false;
  const patienceMs = options.producePatienceMs ?? 10_000;
  const backend = (options.driver ?? createKafkajsBackend)(options, { logger, now });
  const clients = new Map<string, TopicClient>();
  const producers = new Map<string, Promise<TopicProducer>>();
  const consumers = new Set<LogConsumer>();
  let stopped: Promise<void> | undefined;

  function open(): void {
    if (stopped !== undefined) {
      throw new EventLogError('closed', 'the event log was stopped', { retriable: false });
    }
  }

  function client(topic: string): TopicClient {
    open();
    const known = clients.get(topic) ?? backend.topicClient(topic);
    clients.set(topic, known);
    return known;
  }

  function producer(topic: string): Promise<TopicProducer> {
    // Looked for once, so that a topic nobody made is told at once and not after all of kafkajs's attempts.
    const known =
      producers.get(topic) ??
      client(topic)
        .epoch()
        .then(() => createTopicProducer(backend.sender(topic), { maxRequestBytes: maxRecordBytes, patienceMs }));
    producers.set(topic, known);
    known.catch(() => producers.delete(topic));
    return known;
  }

  async function createTopic(name: string, { partitions, retention }: TopicOptions): Promise<void> {
    open();
    const { replicationFactor = -1 } = options;
    const config = {
      'retention.ms': retention?.ageMs === null ? -1 : retention?.ageMs,
      'retention.bytes': retention?.bytes,
      // What is acknowledged is then on two machines at least, also while one is away.
      'min.insync.replicas': replicationFactor >= 3 ? replicationFactor - 1 : undefined,
    };
    const given = Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
    const topic = { name, partitions, replicationFactor, config: Object.fromEntries(given) };
    await backend.createTopic(topic).catch((error: unknown) => {
      const { code, retriable, message } = asLogError(error);
      throw new EventLogError(code, `making topic ${name}: ${message}`, { retriable, cause: error });
    });
  }

  async function createUnlessKnown(topic: string, topicOptions: TopicOptions): Promise<void> {
    try {
      await client(topic).epoch();
    } catch (error) {
      if (asLogError(error).code !== 'unknown_topic') {
        throw error;
      }
      await createTopic(topic, topicOptions);
    }
  }

  async function stop(): Promise<void> {
    stopped ??= (async () => {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      const closing = [
        ...[...producers.values()].map(async (starting) => (await starting).close()),
        ...[...clients.values()].map((each) => each.close()),
        backend.close(),
      ];
      await withinMs(STOP_TIMEOUT_MS, Promise.allSettled(closing)).catch((error: unknown) =>
        logger.warn({ err: error }, 'Kafka did not answer while the log was stopped'),
      );
    })();
    return stopped;
  }

  return {
    driver: 'kafka',
    async ensureTopic(topic, topicOptions) {
      const deadline = performance.now() + KNOWN_PATIENCE_MS;
      for (;;) {
        try {
          await createUnlessKnown(topic, topicOptions);
          await client(topic).offsets(); // every partition has a leader that answers
          return;
        } catch (error) {
          const failure = asLogError(error);
          const unheard = failure.code === 'unknown_topic' && failure.retriable; // by this broker, of a topic just made
          if (!unheard || performance.now() >= deadline) {
            throw failure;
          }
        }
        await delay(KNOWN_DELAY_MS);
      }
    },
    async produce(topic, records) {
      open();
      const measured = measureRecords(records, maxRecordBytes);
      await (await producer(topic)).send(measured);
    },
    async consume(consumeOptions) {
      const { topic } = consumeOptions;
      const queries = client(topic);
      const fetches = backend.topicClient(topic);
      const { membership } = backend;
      const deps = { membership, queries, fetches, verifyChecksums, logger };
      const consumer = await createKafkaConsumer(deps, consumeOptions);
      const stopConsumer = async (): Promise<void> => {
        await consumer.stop();
        consumers.delete(held);
      };
      const held: LogConsumer = { ...consumer, stop: stopConsumer, [Symbol.asyncDispose]: stopConsumer };
      consumers.add(held);
      return held;
    },
    async topicEpoch(topic) {
      return client(topic).epoch();
    },
    async offsets(topic) {
      return client(topic).offsets();
    },
    async offsetsAt(topic, timeMs) {
      return client(topic).offsetsAt(timeMs);
    },
    async topicSettings(topic) {
      open();
      return backend.topicSettings(topic);
    },
    async *read(topic, partition, from, to) {
      yield* readRange(client(topic), topic, partition, from, to);
    },
    async committed(topic, groupId) {
      return client(topic).committed(groupId);
    },
    async healthy() {
      if (stopped !== undefined) {
        return false;
      }
      try {
        await withinMs(HEALTH_TIMEOUT_MS, backend.ping());
        return true;
      } catch (error) {
        logger.debug({ err: error }, 'Kafka did not answer');
        return false;
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
