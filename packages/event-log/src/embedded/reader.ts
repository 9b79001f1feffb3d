import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogRecord } from '../port.ts';
import type { Database } from './database.ts';
import { toLogRecord } from './record.ts';
import type { Partition, Topic } from './topics.ts';

const MAX_RECORDS = 2_000;

export type Reader = {
  /** At most about `maxBytes` of records from `from` on, and below `to`. Empty only when there are none. */
  batch(topic: Topic, partition: Partition, from: number, to: number, maxBytes: number): LogRecord[];
  /** Every record of [from, to), read in batches between which the event loop turns. */
  range(topic: Topic, partition: Partition, from: number, to: number, maxBytes: number): AsyncIterable<LogRecord>;
  /** The first offset whose record has this timestamp or a later one; the partition's end where there is none. */
  firstSince(topic: Topic, partition: Partition, timeMs: number): number;
};

export function createReader(database: Database): Reader {
  const select = database.sql.prepare(
    `SELECT offset, timestamp, key, value, headers FROM records
     WHERE topic_id = ? AND partition = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ${MAX_RECORDS}`,
  );

  const since = database.sql.prepare(
    'SELECT min(offset) AS offset FROM records WHERE topic_id = ? AND partition = ? AND timestamp >= ?',
  );

  function batch(topic: Topic, partition: Partition, from: number, to: number, maxBytes: number): LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const row of select.iterate(topic.id, partition.index, from, Math.min(to, partition.end))) {
      const record = toLogRecord(partition.index, row);
      records.push(record);
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
      if (bytes >= maxBytes) {
        break;
      }
    }
    return records;
  }

  return {
    batch,
    firstSince(topic, partition, timeMs) {
      const offset = since.get(topic.id, partition.index, timeMs)?.offset;
      return typeof offset === 'number' ? Math.min(offset, partition.end) : partition.end;
    },
    async *range(topic, partition, from, to, maxBytes) {
      let position = from;
      for (;;) {
        const records = batch(topic, partition, position, to, maxBytes);
        const last = records.at(-1);
        if (last === undefined) {
          return;
        }
        yield* records;
        position = Number(last.offset) + 1;
        await nextTurn();
      }
    },
  };
}
