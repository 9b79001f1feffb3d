import type { SQLOutputValue } from 'node:sqlite';
import { EventLogError, type TopicOptions } from '../port.ts';
import type { Database } from './database.ts';

/** Offsets are kept as numbers inside this driver (2^53 records a partition) and as bigint at the port. */
export type Partition = {
  readonly index: number;
  earliest: number;
  /** The next offset to be written. */
  next: number;
  /** The end readers see: what lies below it is on the disk. */
  end: number;
  bytes: number;
};

export type Topic = {
  readonly id: number;
  readonly name: string;
  readonly epoch: string;
  /** Absent: the log's default. `ageMs` null: for ever. */
  readonly retention: { readonly ageMs: number | null | undefined; readonly bytes: number | undefined };
  readonly partitions: readonly Partition[];
  removed: boolean;
};

export type Topics = {
  /** Throws `unknown_topic`. */
  get(name: string): Topic;
  /** Throws `unknown_topic`. */
  partition(name: string, index: number): { topic: Topic; partition: Partition };
  all(): Topic[];
  /** Creates the topic unless it is there. */
  ensure(name: string, options: TopicOptions): Topic;
  remove(topic: Topic): void;
};

/** `retention_ms` of a topic whose records do not grow too old. */
const FOR_EVER = -1;

const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

const numberOf = (stored: SQLOutputValue | undefined): number | undefined =>
  stored === null || stored === undefined ? undefined : Number(stored);

/** The log's topics: rows of the database, mirrored in memory (this process is their only writer). */
export function loadTopics(database: Database, randomId: () => string): Topics {
  const { sql } = database;
  const topics = new Map<string, Topic>();
  for (const row of sql.prepare('SELECT id, name, epoch, retention_ms, retention_bytes FROM topics').all()) {
    const partitions = sql
      .prepare('SELECT partition, earliest, end, bytes FROM partitions WHERE topic_id = ? ORDER BY partition')
      .all(row.id ?? null)
      .map((p) => ({
        index: Number(p.partition),
        earliest: Number(p.earliest),
        next: Number(p.end),
        end: Number(p.end),
        bytes: Number(p.bytes),
      }));
    const topic: Topic = {
      id: Number(row.id),
      name: String(row.name),
      epoch: String(row.epoch),
      retention: {
        ageMs: row.retention_ms === FOR_EVER ? null : numberOf(row.retention_ms),
        bytes: numberOf(row.retention_bytes),
      },
      partitions,
      removed: false,
    };
    topics.set(topic.name, topic);
  }

  function get(name: string): Topic {
    const topic = topics.get(name);
    if (!topic) {
      throw new EventLogError('unknown_topic', `no topic ${name} in this log: create it with ensureTopic`, {
        retriable: false,
      });
    }
    return topic;
  }

  return {
    get,
    partition(name, index) {
      const topic = get(name);
      const partition = topic.partitions[index];
      if (!partition) {
        throw new EventLogError(
          'unknown_topic',
          `topic ${name} has no partition ${index}: it has ${topic.partitions.length}`,
          { retriable: false },
        );
      }
      return { topic, partition };
    },
    all: () => [...topics.values()],
    ensure(name, options) {
      const existing = topics.get(name);
      if (existing) {
        return existing;
      }
      if (!TOPIC_NAME.test(name)) {
        throw new RangeError(`topic name ${JSON.stringify(name)}: use 1 to 249 of letters, digits, ".", "_" and "-"`);
      }
      if (!Number.isInteger(options.partitions) || options.partitions < 1) {
        throw new RangeError(`partitions ${options.partitions} of topic ${name}: use a whole number of at least 1`);
      }
      const epoch = randomId();
      const { ageMs, bytes } = options.retention ?? {};
      const id = database.transaction(() => {
        const { lastInsertRowid } = sql
          .prepare('INSERT INTO topics (name, epoch, retention_ms, retention_bytes) VALUES (?, ?, ?, ?)')
          .run(name, epoch, ageMs === null ? FOR_EVER : (ageMs ?? null), bytes ?? null);
        const insert = sql.prepare('INSERT INTO partitions VALUES (?, ?, 0, 0, 0)');
        for (let index = 0; index < options.partitions; index++) {
          insert.run(lastInsertRowid, index);
        }
        return Number(lastInsertRowid);
      });
      const partitions = Array.from({ length: options.partitions }, (_, index) => ({
        index,
        earliest: 0,
        next: 0,
        end: 0,
        bytes: 0,
      }));
      const topic: Topic = { id, name, epoch, retention: { ageMs, bytes }, partitions, removed: false };
      topics.set(name, topic);
      return topic;
    },
    remove(topic) {
      database.transaction(() => {
        for (const table of ['records', 'partitions', 'commits']) {
          sql.prepare(`DELETE FROM ${table} WHERE topic_id = ?`).run(topic.id);
        }
        sql.prepare('DELETE FROM topics WHERE id = ?').run(topic.id);
      });
      topic.removed = true;
      topics.delete(topic.name);
    },
  };
}
