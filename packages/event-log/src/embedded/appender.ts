import { createGroupCommit, type GroupCommit, type Waiting } from '../group-commit.ts';
import { partitionOf } from '../murmur2.ts';
import { EventLogError, type ProduceRecord } from '../port.ts';
import { asLogError, type Database } from './database.ts';
import { encodeHeaders } from './record.ts';
import type { Partition, Topic } from './topics.ts';

/** Of one transaction: about 10 ms of the event loop. */
const LIMITS = { maxRecords: 2_000, maxBytes: 4 * 1024 * 1024 };

/** Where a partition will end once a transaction is flushed. */
type End = { topic: Topic; next: number; bytes: number };

export type Appender = GroupCommit<Topic> & {
  /** False once a flush failed: what the disk holds is unknown until the file is opened again. */
  readonly trusted: boolean;
};

/**
 * Appends to the log, many calls a transaction and flush. Readers see records only after the flush: an offset someone
 * has seen never comes to hold another record.
 */
export function createAppender(
  database: Database,
  now: () => number,
  onAppended: (topic: Topic) => void,
  onBroken: (error: EventLogError) => void,
): Appender {
  const insert = database.sql.prepare(
    `INSERT INTO records (topic_id, partition, offset, timestamp, appended_at, key, value, headers)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const advance = database.sql.prepare('UPDATE partitions SET end = ?, bytes = ? WHERE topic_id = ? AND partition = ?');
  let broken: EventLogError | undefined;

  function insertRecord(topic: Topic, record: ProduceRecord, appendedAt: number, ends: Map<Partition, End>): void {
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key;
    const partition = topic.partitions[partitionOf(key, topic.partitions.length)];
    if (!partition) {
      throw new Error(`topic ${topic.name} has no partitions`);
    }
    const end = ends.get(partition) ?? { topic, next: partition.next, bytes: partition.bytes };
    const headers = encodeHeaders(record.headers);
    const timestamp = Math.trunc(record.timestamp ?? appendedAt);
    insert.run(topic.id, partition.index, end.next, timestamp, appendedAt, key, record.value, headers);
    end.next += 1;
    end.bytes += key.length + (record.value?.length ?? 0) + (headers?.length ?? 0);
    ends.set(partition, end);
  }

  function writeTransaction(group: readonly Waiting<Topic>[]): Map<Partition, End> {
    const ends = new Map<Partition, End>();
    const appendedAt = Math.trunc(now());
    database.transaction(() => {
      for (const { target, records } of group) {
        for (const record of records) {
          insertRecord(target, record, appendedAt, ends);
        }
      }
      for (const [partition, { topic, next, bytes }] of ends) {
        advance.run(next, bytes, topic.id, partition.index);
      }
    });
    for (const [partition, { next, bytes }] of ends) {
      partition.next = next;
      partition.bytes = bytes;
    }
    return ends;
  }

  async function flush(): Promise<void> {
    try {
      await database.sync();
    } catch (error) {
      // After a failed flush the kernel may have dropped the pages: trying again would report what is not there.
      broken = new EventLogError('unavailable', 'the event log could not be flushed to disk: restart it', {
        retriable: false,
        cause: error,
      });
      onBroken(broken);
      throw broken;
    }
  }

  function refuseRemoved({ target, failed }: Waiting<Topic>): boolean {
    if (target.removed) {
      failed(new EventLogError('unknown_topic', `topic ${target.name} was deleted`, { retriable: false }));
    }
    return !target.removed;
  }

  async function writeGroup(all: readonly Waiting<Topic>[]): Promise<void> {
    const group = all.filter(refuseRemoved);
    try {
      if (broken) {
        throw broken;
      }
      const ends = writeTransaction(group);
      await flush();
      for (const [partition, { topic, next }] of ends) {
        partition.end = next;
        onAppended(topic);
      }
      for (const { done } of group) {
        done();
      }
    } catch (error) {
      const failure = asLogError(error);
      for (const { failed } of group) {
        failed(failure);
      }
    }
  }

  const commits = createGroupCommit(LIMITS, writeGroup);
  return {
    ...commits,
    get trusted() {
      return broken === undefined;
    },
  };
}
