import type { EmbeddedLog, ProduceRecord } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';

/** What a spool keeps its records in: as much of an embedded log as it needs. */
export type SpoolLog = Pick<
  EmbeddedLog,
  'ensureTopic' | 'produce' | 'offsets' | 'read' | 'deleteRecords' | 'keptBytes' | 'healthy' | 'stop'
>;

/** The oldest records of a spool. */
type SpoolSlice = { records: ProduceRecord[]; next: bigint };

type SpoolSize = {
  events: number;
  bytes: number /** When the oldest was put, ms UTC. */;
  oldestAt: number | null;
};

/** Records on disk, in one line, that the event log could not take. */
export type Spool = {
  /**
   * Resolves when the records are on the disk, behind all that were put before. Throws EventLogError (`full` when there
   * is no room), and some may have been written.
   */
  put(records: readonly ProduceRecord[]): Promise<void>;
  /** As many of the oldest as one request to the log should hold; null: there are none. They stay until dropped. */
  head(): Promise<SpoolSlice | null>;
  /** Forgets a slice, so that head() answers the next. Does not throw: what cannot be removed now is removed later. */
  drop(slice: SpoolSlice): Promise<void>;
  /** Resolves when what is being put now is on the disk, or refused. */
  settled(): Promise<void>;
  /** How many it holds. */
  readonly events: number;
  /** True when it holds nothing and nothing is being put. */
  readonly isEmpty: boolean;
  size(): Promise<SpoolSize>;
  /** False once the disk failed to flush: only opening it again tells what it holds. */
  healthy(): Promise<boolean>;
  /** What it holds stays on the disk. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const TOPIC = 'spool';
const PARTITION = 0;
/** Of a slice: about what goes in one request to the log. */
const MAX_RECORDS = 2_000n;
const MAX_BYTES = 800_000;

/**
 * A spool in `log`, which nobody else uses. Its one topic has one partition, so that all records are in one order, and
 * keeps them for ever: by its own default a log would remove, after a week, what no group is going to read.
 */
export const openSpool = async (log: SpoolLog, { logger }: { logger: Logger }): Promise<Spool> => {
  await log.ensureTopic(TOPIC, { partitions: 1, retention: { ageMs: null } });
  const range = async () => {
    const [found] = await log.offsets(TOPIC);
    if (!found) throw new Error(`the spool's topic ${TOPIC} has no partition`);
    return found;
  };
  const { earliest, end: firstEnd } = await range();
  /** The oldest record not dropped. Ahead of what the disk says after a removal that failed. */
  let from = earliest;
  let end = firstEnd;
  const putting = new Set<Promise<void>>();

  const write = async (records: readonly ProduceRecord[]): Promise<void> => {
    try {
      await log.produce(TOPIC, records);
    } finally {
      // Asked, not added up: a call that failed may have written some.
      const now = await range();
      if (now.end > end) end = now.end;
    }
  };

  return {
    async put(records) {
      const writing = write(records);
      putting.add(writing);
      try {
        await writing;
      } finally {
        putting.delete(writing);
      }
    },
    async head() {
      while (from < end) {
        const to = from + MAX_RECORDS < end ? from + MAX_RECORDS : end;
        const slice: SpoolSlice = { records: [], next: to };
        let bytes = 0;
        for await (const { key, value, headers, offset } of log.read(TOPIC, PARTITION, from, to)) {
          // Without its timestamp: the log's own says when the log got it, and the header when we did.
          slice.records.push({ key: key ?? '', value, headers });
          bytes += (key?.length ?? 0) + (value?.length ?? 0);
          if (bytes >= MAX_BYTES) {
            slice.next = offset + 1n;
            break;
          }
        }
        if (slice.records.length > 0) return slice;
        // A log may have gaps.
        from = to;
      }
      return null;
    },
    async drop({ next }) {
      from = next;
      try {
        await log.deleteRecords(TOPIC, PARTITION, next);
      } catch (error) {
        // A full disk may refuse even this. In memory they are gone, so they are not sent again and again.
        logger.warn({ err: error }, 'could not remove records from the spool: trying again with the next');
      }
    },
    async settled() {
      await Promise.allSettled(putting);
    },
    get events() {
      return Number(end - from);
    },
    get isEmpty() {
      return end === from && putting.size === 0;
    },
    async size() {
      const bytes = await log.keptBytes(TOPIC);
      for await (const { timestamp } of log.read(TOPIC, PARTITION, from, from + 1n)) {
        return { events: Number(end - from), bytes, oldestAt: timestamp };
      }
      return { events: Number(end - from), bytes, oldestAt: null };
    },
    healthy: () => log.healthy(),
    stop: () => log.stop(),
    [Symbol.asyncDispose]: () => log.stop(),
  };
};
