import { randomUUID } from 'node:crypto';
import { type Logger, silentLogger } from '../logger.ts';
import { type EventLog, EventLogError } from '../port.ts';
import { measureRecords } from '../record-bytes.ts';
import { createAppender } from './appender.ts';
import { openDatabase } from './database.ts';
import { createGroups } from './groups.ts';
import { createReader } from './reader.ts';
import { createRetention } from './retention.ts';
import { loadTopics } from './topics.ts';

export type EmbeddedLogOptions = {
  /** Made if it is not there; one process at a time may use it. */
  dir: string;
  now?: () => number;
  randomId?: () => string;
  logger?: Logger;
  /** Largest record (key, value and headers). Default 1,000,000, about what Kafka takes. */
  maxRecordBytes?: number;
  /** Largest size of the log's file; `produce` answers `full` there. Default: as far as the disk goes. */
  maxFileBytes?: number;
  /**
   * Of topics that say nothing else. `ageMs` (default 7 days) removes only what every group has read; `bytes` (a
   * partition; default none) removes the oldest records, read or not. Null: never.
   */
  retention?: { ageMs?: number | null; bytes?: number | null; checkIntervalMs?: number };
};

export type EmbeddedLog = EventLog & {
  /** Deletes a topic with its records and commits; its consumers' partitions are revoked. */
  deleteTopic(topic: string): Promise<void>;
  /** Removes a partition's records below an offset, read or not. */
  deleteRecords(topic: string, partition: number, before: bigint): Promise<void>;
  /** Bytes of the records a topic holds: keys, values and headers. */
  keptBytes(topic: string): Promise<number>;
};

const DAY_MS = 24 * 60 * 60 * 1000;
const READ_BYTES = 1024 * 1024;

/**
 * The event log of one machine: a SQLite file in `dir`, used by one process at a time. What `produce` acknowledged
 * survives a killed process and, flushed to the disk, a power loss. Throws EventLogError when `dir` is in use.
 */
export function createEmbeddedLog(options: EmbeddedLogOptions): EmbeddedLog {
  const now = options.now ?? Date.now;
  const logger = options.logger ?? silentLogger;
  const maxRecordBytes = options.maxRecordBytes ?? 1_000_000;
  const { ageMs = 7 * DAY_MS, bytes = null, checkIntervalMs = 60_000 } = options.retention ?? {};

  const database = openDatabase(options.dir, { maxBytes: options.maxFileBytes });
  const topics = loadTopics(database, options.randomId ?? randomUUID);
  const reader = createReader(database);
  const groups = createGroups(database, topics, reader);
  const appender = createAppender(
    database,
    now,
    (topic) => groups.wake(topic),
    (error) => {
      logger.error({ err: error.cause }, error.message);
      groups.fail(error);
    },
  );
  const retention = createRetention(database, topics, { ageMs, bytes }, now);

  const stopping = new AbortController();
  let removing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    removing = removing
      .then(() => retention.run(stopping.signal))
      .catch((error: unknown) => logger.error({ err: error }, 'removing old records failed; tried again later'));
  }, checkIntervalMs).unref();

  function open(): void {
    if (stopping.signal.aborted) {
      throw new EventLogError('closed', 'the event log was stopped', { retriable: false });
    }
  }

  let stopped: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopped ??= (async () => {
      stopping.abort();
      clearInterval(timer);
      await Promise.all([appender.drain(), removing]);
      groups.closeAll();
      database.close();
    })();
    return stopped;
  }

  return {
    driver: 'embedded',
    async ensureTopic(name, topicOptions) {
      open();
      const known = topics.all().some((topic) => topic.name === name);
      topics.ensure(name, topicOptions);
      if (!known) {
        await database.sync();
        groups.reassign(name);
      }
    },
    async produce(name, records) {
      open();
      const topic = topics.get(name);
      await appender.write(topic, measureRecords(records, maxRecordBytes));
    },
    async consume(consumeOptions) {
      open();
      return groups.join(consumeOptions);
    },
    async topicEpoch(name) {
      open();
      return topics.get(name).epoch;
    },
    async offsets(name) {
      open();
      return topics.get(name).partitions.map(({ index, earliest, end }) => ({
        partition: index,
        earliest: BigInt(earliest),
        end: BigInt(end),
      }));
    },
    async offsetsAt(name, timeMs) {
      open();
      const topic = topics.get(name);
      return new Map(
        topic.partitions.map((partition) => [partition.index, BigInt(reader.firstSince(topic, partition, timeMs))]),
      );
    },
    async retentionMs(name) {
      open();
      const own = topics.get(name).retention.ageMs;
      return own === undefined ? ageMs : own;
    },
    async *read(name, index, from, to) {
      open();
      const { topic, partition } = topics.partition(name, index);
      const end = Math.min(partition.end, Number(to));
      for await (const record of reader.range(topic, partition, Number(from), end, READ_BYTES)) {
        yield record;
        open();
      }
    },
    async committed(name, groupId) {
      open();
      return groups.committed(topics.get(name), groupId);
    },
    async healthy() {
      return !stopping.signal.aborted && appender.trusted;
    },
    async deleteTopic(name) {
      open();
      topics.remove(topics.get(name));
      groups.reassign(name);
      await database.sync();
    },
    async deleteRecords(name, index, before) {
      open();
      const { topic, partition } = topics.partition(name, index);
      await retention.removeBelow(topic, partition, Number(before));
    },
    async keptBytes(name) {
      open();
      return topics.get(name).partitions.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
