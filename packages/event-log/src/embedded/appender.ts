import { partitionOf } from '../murmur2.ts';
import { EventLogError, type ProduceRecord } from '../port.ts';
import { recordBytes } from '../record-bytes.ts';
import { asLogError, type Database } from './database.ts';
import { encodeHeaders } from './record.ts';
import type { Partition, Topic } from './topics.ts';

// Bounds of one transaction: about 10 ms of the event loop.
const MAX_RECORDS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

type Slice = {
  topic: Topic;
  records: readonly ProduceRecord[];
  bytes: number;
  done: () => void;
  failed: (error: Error) => void;
};

export type Appender = {
  /** Resolves when the records are on the disk and readable. */
  append(topic: Topic, records: readonly ProduceRecord[]): Promise<void>;
  /** Resolves when nothing is waiting or being written. */
  drain(): Promise<void>;
  /** False once a flush failed: what the disk holds is unknown until the file is opened again. */
  readonly trusted: boolean;
};

/**
 * Group commit: while one transaction is flushed, calls gather for the next, so a flush is shared by all that wait
 * for it. Readers see records only after the flush: an offset someone has seen never comes to hold another record.
 */
export function createAppender(
  database: Database,
  now: () => number,
  onAppended: (topic: Topic) => void,
  onBroken: (error: EventLogError) => void,
): Appender {
  const insert = database.sql.prepare(
    'INSERT INTO records (topic_id, partition, offset, timestamp, appended_at, key, value, headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const advance = database.sql.prepare('UPDATE partitions SET end = ?, bytes = ? WHERE topic_id = ? AND partition = ?');
  const waiting: Slice[] = [];
  let running: Promise<void> | undefined;
  let broken: EventLogError | undefined;

  function takeGroup(): Slice[] {
    const group: Slice[] = [];
    let records = 0;
    let bytes = 0;
    for (const next of waiting) {
      records += next.records.length;
      bytes += next.bytes;
      if (group.length > 0 && (records > MAX_RECORDS || bytes > MAX_BYTES)) {
        break;
      }
      group.push(next);
    }
    waiting.splice(0, group.length);
    return group;
  }

  /** Answers the ends the partitions have once this is flushed. */
  function write(group: readonly Slice[]): Map<Partition, { topic: Topic; next: number; bytes: number }> {
    return database.transaction(() => {
      const ends = new Map<Partition, { topic: Topic; next: number; bytes: number }>();
      const appendedAt = Math.trunc(now());
      for (const { topic, records } of group) {
        for (const record of records) {
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
      }
      for (const [partition, { topic, next, bytes }] of ends) {
        advance.run(next, bytes, topic.id, partition.index);
      }
      return ends;
    });
  }

  async function writeGroup(group: readonly Slice[]): Promise<void> {
    try {
      if (broken) {
        throw broken;
      }
      const ends = write(group);
      for (const [partition, { next, bytes }] of ends) {
        partition.next = next;
        partition.bytes = bytes;
      }
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
      for (const [partition, { topic, next }] of ends) {
        partition.end = next;
        onAppended(topic);
      }
      for (const slice of group) {
        slice.done();
      }
    } catch (error) {
      const failure = asLogError(error);
      for (const slice of group) {
        slice.failed(failure);
      }
    }
  }

  function refuseRemoved(slice: Slice): boolean {
    if (slice.topic.removed) {
      slice.failed(new EventLogError('unknown_topic', `topic ${slice.topic.name} was deleted`, { retriable: false }));
    }
    return !slice.topic.removed;
  }

  async function run(): Promise<void> {
    // Calls made in the same turn of the event loop share the first transaction too.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      await writeGroup(takeGroup().filter(refuseRemoved));
    }
    running = undefined;
  }

  return {
    async append(topic, records) {
      // One slice after the other: when one fails, what was written is the beginning of the call, in order.
      for (const { records: part, bytes } of slices(records)) {
        await new Promise<void>((done, failed) => {
          waiting.push({ topic, records: part, bytes, done, failed });
          running ??= run();
        });
      }
    },
    async drain() {
      while (running !== undefined) {
        await running;
      }
    },
    get trusted() {
      return broken === undefined;
    },
  };
}

function* slices(records: readonly ProduceRecord[]): Generator<{ records: readonly ProduceRecord[]; bytes: number }> {
  let from = 0;
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    const size = recordBytes(record);
    if (index > from && (index - from === MAX_RECORDS || bytes + size > MAX_BYTES)) {
      yield { records: records.slice(from, index), bytes };
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) {
    yield { records: records.slice(from), bytes };
  }
}
