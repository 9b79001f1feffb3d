import { EventLogError, type LogRecord, type ProduceRecord, type TopicOptions } from '@cartledger/event-log';
import { partitionOf } from '../../../../packages/event-log/src/murmur2.ts';
import type { World } from '../world/scheduler.ts';

/** A record that stood in a topic, in one life of it. */
export type JournalEntry = {
  readonly topic: string;
  readonly epoch: string;
  readonly record: LogRecord;
  readonly appendedAt: number;
  /** When retention or the end of the topic took it away. */
  goneAt: number | null;
  /** It was below an applied commit: from then on whoever committed has to answer for it. */
  committed: boolean;
};

type Partition = {
  readonly index: number;
  earliest: bigint;
  /** The offset the next record will get. */
  end: bigint;
  /** Those that are there, by offset. */
  entries: JournalEntry[];
};

type Topic = { readonly name: string; readonly epoch: string; readonly partitions: readonly Partition[] };

export type Broker = {
  find(topic: string): Topic | null;
  /** Throws `unknown_topic`. */
  get(topic: string): Topic;
  create(topic: string, options: TopicOptions): void;
  delete(topic: string): void;
  /** Deletes a topic and makes it anew: another epoch, offsets from 0. */
  remake(topic: string, partitions: number): void;
  /** Removes the records below an offset, read or not. */
  truncate(topic: string, partition: number, before: bigint): void;
  /** Forgets the records from an offset on, which it will give to others: a disk that lost its last writes. */
  cut(topic: string, partition: number, end: bigint): void;
  append(topic: string, records: readonly ProduceRecord[]): void;
  /** Everything that ever stood in a topic, of every life of it. */
  readonly journal: readonly JournalEntry[];
  /** No call is answered for some time. */
  down(ms: number): void;
  isDown(): boolean;
  /** Told when something was appended, or the topic made anew. */
  onChange(listener: (topic: string) => void): void;
};

const toRecord = (record: ProduceRecord, partition: number, offset: bigint, now: number): LogRecord => ({
  partition,
  offset,
  timestamp: record.timestamp ?? now,
  key: Buffer.from(record.key),
  value: record.value,
  headers: Object.fromEntries(Object.entries(record.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)])),
});

/** Topics and what stands in them; behind all connections. */
export const createBroker = (world: World): Broker => {
  const topics = new Map<string, Topic>();
  const journal: JournalEntry[] = [];
  const listeners: ((topic: string) => void)[] = [];
  let epochs = 0;
  let downUntil = Number.NEGATIVE_INFINITY;
  const now = (): number => world.clock.now();

  const get = (name: string): Topic => {
    const topic = topics.get(name);
    if (topic !== undefined) return topic;
    throw new EventLogError('unknown_topic', `the model log has no topic ${name}`, { retriable: false });
  };

  const tell = (name: string): void => {
    for (const listener of listeners) listener(name);
  };

  const create = (name: string, partitions: number): void => {
    topics.set(name, {
      name,
      epoch: `epoch-${++epochs}`,
      partitions: Array.from({ length: partitions }, (_, index) => ({ index, earliest: 0n, end: 0n, entries: [] })),
    });
    tell(name);
  };

  const remove = (entries: readonly JournalEntry[]): void => {
    for (const entry of entries) entry.goneAt = now();
  };

  const broker: Broker = {
    find: (name) => topics.get(name) ?? null,
    get,
    create: (name, { partitions }) => {
      if (!topics.has(name)) create(name, partitions);
    },
    delete: (name) => {
      for (const { entries } of get(name).partitions) remove(entries);
      topics.delete(name);
    },
    remake: (name, partitions) => {
      broker.delete(name);
      create(name, partitions);
    },
    truncate: (name, index, before) => {
      const partition = get(name).partitions[index];
      if (partition === undefined) return;
      remove(partition.entries.filter(({ record }) => record.offset < before));
      partition.entries = partition.entries.filter(({ record }) => record.offset >= before);
      if (before > partition.earliest) partition.earliest = before;
      if (partition.earliest > partition.end) partition.earliest = partition.end;
    },
    cut: (name, index, end) => {
      const partition = get(name).partitions[index];
      if (partition === undefined) return;
      remove(partition.entries.filter(({ record }) => record.offset >= end));
      partition.entries = partition.entries.filter(({ record }) => record.offset < end);
      partition.end = end;
      if (partition.earliest > end) partition.earliest = end;
      tell(name);
    },
    append: (name, records) => {
      const { epoch, partitions } = get(name);
      for (const given of records) {
        const partition = partitions[partitionOf(given.key, partitions.length)];
        if (partition === undefined) continue;
        // A transaction's marker, or a record that compaction took.
        const gap = world.pick([1_000 - world.profile.gaps, world.profile.gaps], 'gap in offsets');
        const record = toRecord(given, partition.index, partition.end + BigInt(gap), now());
        partition.end = record.offset + 1n;
        const entry = { topic: name, epoch, record, appendedAt: now(), goneAt: null, committed: false };
        partition.entries.push(entry);
        journal.push(entry);
        // A marker at the very end: what has been read stands below the end for ever.
        const marker = world.pick([1_000 - world.profile.gaps, world.profile.gaps], 'marker at the end');
        partition.end += BigInt(marker);
      }
      tell(name);
    },
    journal,
    down: (ms) => {
      downUntil = Math.max(downUntil, now() + ms);
    },
    isDown: () => now() < downUntil,
    onChange: (listener) => void listeners.push(listener),
  };
  return broker;
};
