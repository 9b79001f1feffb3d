/**
 * The event log as Cartledger sees it: a topic of partitions, each an append-only sequence of records with
 * growing offsets (gaps may occur). Drivers: `kafka` (kafkajs) and `embedded` (SQLite on one machine).
 */

export type LogRecord = {
  partition: number;
  offset: bigint;
  /** ms UTC; set by the producer or by the log. */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer>>;
};

export type ProduceRecord = {
  /** Records with one key go to one partition, in order (murmur2, as Kafka's own clients do). */
  key: string | Buffer;
  value: Buffer | null;
  headers?: Readonly<Record<string, string | Buffer>>;
  timestamp?: number;
};

/** Records of one partition in offset order, as they lie in one buffer. Iterating makes a LogRecord of each. */
export type Records = Iterable<LogRecord> & {
  readonly length: number;
  readonly partition: number;
  /** Keys, values and headers lie in here, uncompressed. The memory may be shared with other records' of one answer. */
  readonly bytes: Buffer;
  /**
   * RECORD_SPAN (9) numbers a record, in the order of SPAN: offset - baseOffset; timestamp - baseTimestamp as two
   * halves of 32 bits, the lower first; then start and end in `bytes` of key, value (start -1: null) and headers.
   */
  readonly spans: Int32Array;
  readonly baseOffset: bigint;
  readonly baseTimestamp: number;
  /** A negative index counts from the end, as with arrays; one outside throws RangeError (so do the other `...At`). */
  at(index: number): LogRecord;
  offsetAt(index: number): bigint;
  /** ms UTC */
  timestampAt(index: number): number;
  /** The header's value, the last one if it is given several times; null when there is no such header. */
  headerAt(index: number, name: string): Buffer | null;
  /** The records of [from, to), in the same buffer. */
  slice(from: number, to: number): Records;
};

/** A run of records of one partition, in offset order, handed over as fetched: never empty. */
export type RecordBatch = {
  partition: number;
  /** Grows with every assignment; work of an older epoch than the present one is stale and must be dropped. */
  assignmentEpoch: number;
  records: Records;
  /** The offset after the last record the log held when this batch was fetched. */
  highWatermark: bigint;
};

export type Committed = { offset: bigint; metadata: string } | null;

export type PartitionLag = {
  partition: number;
  earliest: bigint;
  /** The offset the next record will get. */
  end: bigint;
};

export type Assignment = {
  partition: number;
  assignmentEpoch: number;
  committed: Committed;
  /** The first offset that the log holds: where 'earliest' begins. */
  earliest: bigint;
  /** The topic's epoch (see `EventLog.topicEpoch`) this assignment reads under: to be kept in commit metadata. */
  topicEpoch: string;
  /** Given when the assignment before ended for this; reading then starts at `earliest`, whatever is answered. */
  lostTail?: LostTail;
};

/**
 * The partition ended before its position, which was committed or read: the log has lost records that it had shown (power
 * that failed, an older disk, an unclean election) and gives their offsets to other records. To be read from its start,
 * for which of its offsets are new cannot be told.
 */
export type LostTail = {
  /** Where reading was to go on. */
  position: bigint;
  /** The log's end when that was found; it may have grown past the position by then. */
  end: bigint;
};

export type ConsumerHandlers = {
  /**
   * A partition is ours from now on. Its reading starts where the returned offset says ('earliest': the log's
   * start), so that the owner, who can read commit metadata, decides where to go on.
   */
  onAssigned(assignment: Assignment): Promise<bigint | 'earliest'>;
  /**
   * The partition is no longer ours (a rebalance, its topic was deleted and made again, or it ended before its position):
   * drop what is in flight for it. It may be assigned again at once. Not called for what the owner gives up by `stop`.
   */
  onRevoked(partition: number): void;
  /** Takes the batch over and returns at once: it never waits for the store. Throwing stops the consumer. */
  onBatch(batch: RecordBatch): void;
  /** Retention removed records before they were read: [from, to) are gone. */
  onGap(partition: number, from: bigint, to: bigint): void;
  /**
   * Records of a partition cannot be decoded. What lies before them was handed over, and nothing more of the partition
   * is until this resolves with the offset to go on from; null, or an assignment that is over, leaves it so. Without
   * this handler they are fatal.
   */
  onUnreadable?(range: UnreadableRange): Promise<bigint | null>;
  /** The consumer stopped for good by this error; the process should end and be started again. */
  onFatal(error: Error): void;
};

/** The batch [first, last], or where it begins when its end is not to be told. */
export type UnreadableRange = {
  partition: number;
  assignmentEpoch: number;
  first: bigint;
  last: bigint;
  error: EventLogError;
};

export type LogConsumer = {
  /** From its return on nothing of the partition is handed over. A new assignment starts unpaused. */
  pause(partition: number): void;
  resume(partition: number): void;
  /**
   * Stores `offset` (the next one to read) for the group, with metadata of at most 512 bytes. Answers false, storing
   * nothing, when `assignmentEpoch` is not the partition's present one, when the consumer was stopped, or when the
   * topic was deleted and made again since (every partition is then revoked and assigned anew). Throws EventLogError
   * when the log fails.
   */
  commit(partition: number, assignmentEpoch: number, offset: bigint, metadata: string): Promise<boolean>;
  /** Leaves the group; resolves when nothing will be handed over any more. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type ConsumeOptions = {
  topic: string;
  groupId: string;
  /** Roughly the largest batch handed over, in bytes. */
  maxBatchBytes?: number;
  handlers: ConsumerHandlers;
};

export type TopicOptions = {
  partitions: number;
  /** How long records are kept (null: for ever), and how many bytes of them a partition; else the log's own defaults. */
  retention?: { ageMs?: number | null; bytes?: number };
};

/** What holds for a topic, the log's defaults included. */
export type TopicSettings = {
  /** `delete`, `compact` or both. */
  cleanupPolicy: string;
  /** Null: for ever. */
  retentionMs: number | null;
  /** Of a partition; null: any number. */
  retentionBytes: number | null;
  /** How much longer than that a record may stay: as long as newer ones go into the same file. */
  segmentMs: number;
  maxMessageBytes: number;
  minInsyncReplicas: number;
  uncleanLeaderElection: boolean;
  /** Of the partition that has the fewest replicas. */
  replicationFactor: number;
  /** Of the whole cluster. */
  brokers: number;
};

export type EventLog = {
  readonly driver: 'kafka' | 'embedded';
  /** Creates the topic if it is not there; answers when it can be written to. Never changes an existing one. */
  ensureTopic(topic: string, options: TopicOptions): Promise<void>;
  /**
   * Resolves when every record is acknowledged by the log (all in-sync replicas, or on disk). Else throws EventLogError,
   * and some may have been written: of each partition's records those that came first, maybe more than once.
   */
  produce(topic: string, records: readonly ProduceRecord[]): Promise<void>;
  /** Joins the group. No handler is called before the promise has resolved. */
  consume(options: ConsumeOptions): Promise<LogConsumer>;
  /** An id that changes when the topic is deleted and made again. */
  topicEpoch(topic: string): Promise<string>;
  offsets(topic: string): Promise<PartitionLag[]>;
  /**
   * By partition the first offset whose record has a timestamp of `timeMs` or later, the end where there is none.
   * Absent where a log cannot find records by time.
   */
  offsetsAt?(topic: string, timeMs: number): Promise<Map<number, bigint>>;
  /** How long records are kept, ms; null: for ever. Absent where `topicSettings` says it. */
  retentionMs?(topic: string): Promise<number | null>;
  /** Absent where a topic has no settings that could lose records. */
  topicSettings?(topic: string): Promise<TopicSettings>;
  /**
   * Reads [from, to) of a partition outside any group, for audits and replays. Ends at the log's end as it was when
   * reading began; skips what retention removed.
   */
  read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord>;
  /** What the group has committed, by partition. */
  committed(topic: string, groupId: string): Promise<Map<number, { offset: bigint; metadata: string }>>;
  /** True when the log answers; used by readiness. */
  healthy(): Promise<boolean>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type EventLogErrorCode = 'unavailable' | 'full' | 'too_large' | 'unknown_topic' | 'timeout' | 'closed';

/**
 * A failure of the log itself. `retriable`: the same call may succeed later.
 * - `unavailable` the log (or its leader, coordinator, disk) cannot be reached or refuses us
 * - `full` no room for more records
 * - `too_large` a record or commit metadata is over the limit; nothing of the call was written unless said so
 * - `unknown_topic` no such topic or partition
 * - `timeout` no answer in time: a write may or may not have happened
 * - `closed` the log or the consumer was stopped
 */
export class EventLogError extends Error {
  readonly code: EventLogErrorCode;
  readonly retriable: boolean;
  constructor(code: EventLogErrorCode, message: string, options: { retriable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'EventLogError';
    this.code = code;
    this.retriable = options.retriable;
  }
}

export const EVENTS_TOPIC = 'storefront-events';
export const DEAD_LETTERS_TOPIC = 'storefront-events-dead';
/** No group reads dead letters, so no age of a log's own says when they have been seen: they stay for ten years. */
export const DEAD_LETTERS_RETENTION = { ageMs: 3_650 * 86_400_000 } as const;
/** Set by the collector and by imports: the `received_at` that travels with the event, ms UTC in decimal. */
export const RECEIVED_AT_HEADER = 'cartledger-received-at';
/** Set by the collector where there were any: how many optional ids of the event were junk and are left out, in decimal. */
export const JUNK_IDS_HEADER = 'cartledger-junk-ids';
/** '1' on a record that was imported: `max_age_days` does not apply to it. */
export const IMPORT_HEADER = 'cartledger-import';
