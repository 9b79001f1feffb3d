import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from './database.ts';
import type { Partition, Topic, Topics } from './topics.ts';

// One transaction of removal: a few ms of the event loop.
const REMOVED_AT_ONCE = 1_000;

/**
 * Removes what a topic need not keep, oldest first: by age only what every group that ever committed has read (a
 * machine switched off for a month loses nothing); by bytes whatever stands there, because a disk ends. Readers that
 * come too late see a gap.
 */
export function createRetention(
  database: Database,
  topics: Topics,
  defaults: { ageMs: number | null; bytes: number | null },
  now: () => number,
) {
  const { sql } = database;
  const slowestCommit = sql.prepare('SELECT min(offset) AS offset FROM commits WHERE topic_id = ? AND partition = ?');
  const oldest = sql.prepare(
    `SELECT offset, appended_at, length(key) + ifnull(length(value), 0) + ifnull(length(headers), 0) AS bytes
     FROM records WHERE topic_id = ? AND partition = ? ORDER BY offset LIMIT ${REMOVED_AT_ONCE}`,
  );
  const remove = sql.prepare('DELETE FROM records WHERE topic_id = ? AND partition = ? AND offset < ?');
  const advance = sql.prepare('UPDATE partitions SET earliest = ?, bytes = ? WHERE topic_id = ? AND partition = ?');

  /** Where the slowest group that ever committed stands; the end when there is none. */
  function readByAll(topic: Topic, partition: Partition): number {
    const slowest = slowestCommit.get(topic.id, partition.index)?.offset;
    return typeof slowest === 'number' ? Math.min(slowest, partition.end) : partition.end;
  }

  /**
   * Removes the oldest records of a partition while they `mustGo`, at most one transaction's worth; answers whether
   * there may be more.
   */
  function removeSome(
    topic: Topic,
    partition: Partition,
    mustGo: (record: { offset: number; appendedAt: number }, bytesKept: number) => boolean,
  ): boolean {
    let { earliest, bytes } = partition;
    let removed = 0;
    for (const row of oldest.iterate(topic.id, partition.index)) {
      const record = { offset: Number(row.offset), appendedAt: Number(row.appended_at) };
      if (record.offset >= partition.end || !mustGo(record, bytes)) {
        break;
      }
      earliest = record.offset + 1;
      bytes -= Number(row.bytes);
      removed++;
    }
    if (removed > 0) {
      database.transaction(() => {
        remove.run(topic.id, partition.index, earliest);
        advance.run(earliest, bytes, topic.id, partition.index);
      });
      partition.earliest = earliest;
      partition.bytes = bytes;
    }
    return removed === REMOVED_AT_ONCE;
  }

  function removeExpired(topic: Topic, partition: Partition): boolean {
    const ageMs = topic.retention.ageMs === undefined ? defaults.ageMs : topic.retention.ageMs;
    const maxBytes = topic.retention.bytes ?? defaults.bytes;
    const oldBefore = ageMs === null ? Number.NEGATIVE_INFINITY : now() - ageMs;
    const read = readByAll(topic, partition);
    return removeSome(
      topic,
      partition,
      ({ offset, appendedAt }, bytesKept) =>
        (offset < read && appendedAt < oldBefore) || (maxBytes !== null && bytesKept > maxBytes),
    );
  }

  return {
    /** Removes what has expired, in bounded steps between which the event loop turns; `signal` ends it early. */
    async run(signal: AbortSignal): Promise<void> {
      for (const topic of topics.all()) {
        for (const partition of topic.partitions) {
          while (!signal.aborted && !topic.removed && removeExpired(topic, partition)) {
            await nextTurn();
          }
        }
      }
    },
    /** Removes every record below `before`. */
    async removeBelow(topic: Topic, partition: Partition, before: number): Promise<void> {
      while (!topic.removed && removeSome(topic, partition, ({ offset }) => offset < before)) {
        await nextTurn();
      }
    },
  };
}
