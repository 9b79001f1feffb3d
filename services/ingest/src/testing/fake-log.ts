import {
  type ConsumerHandlers,
  type EventLog,
  EventLogError,
  type LogConsumer,
  type LogRecord,
  type LostTail,
  type ProduceRecord,
  packRecords,
} from '@cartledger/event-log';

type Consumer = {
  handlers: ConsumerHandlers;
  assignmentEpoch: number;
  next: Map<number, bigint>;
  paused: Set<number>;
  running: boolean;
};

const toRecord = (record: ProduceRecord, partition: number, offset: bigint): LogRecord => ({
  partition,
  offset,
  timestamp: record.timestamp ?? 0,
  key: Buffer.from(record.key),
  value: record.value,
  headers: Object.fromEntries(Object.entries(record.headers ?? {}).map(([name, value]) => [name, Buffer.from(value)])),
});

/**
 * A log in memory with one consumer at a time, that hands nothing over by itself: `deliver` does, so that a test
 * decides when. What is produced goes to the partition that `partitionOf` names.
 */
export const createFakeLog = ({ partitions = 1, fetchRecords = 100 } = {}) => {
  const topics = new Map<string, LogRecord[][]>();
  const committed = new Map<number, { offset: bigint; metadata: string }>();
  let epoch = 'epoch-1';
  let assignmentEpochs = 0;
  let consumer: Consumer | null = null;
  const hooks: {
    beforeProduce: (records: readonly ProduceRecord[]) => Promise<void> | void;
    beforeCommit: (partition: number, offset: bigint) => Promise<void> | void;
    partitionOf: (record: ProduceRecord) => number;
    /** Offsets of a partition, not handed over, that nobody can decode. */
    unreadable: { partition: number; first: bigint; last: bigint } | null;
  } = { beforeProduce: () => {}, beforeCommit: () => {}, partitionOf: () => 0, unreadable: null };

  const partitionsOf = (topic: string): LogRecord[][] => {
    let all = topics.get(topic);
    if (all === undefined) {
      all = Array.from({ length: partitions }, () => []);
      topics.set(topic, all);
    }
    return all;
  };
  let consumed = '';
  const endOf = (partition: number): bigint => (partitionsOf(consumed)[partition]?.at(-1)?.offset ?? -1n) + 1n;

  const append = (topic: string, records: readonly ProduceRecord[]): void => {
    for (const record of records) {
      const partition = hooks.partitionOf(record);
      const all = partitionsOf(topic)[partition];
      all?.push(toRecord(record, partition, (all.at(-1)?.offset ?? -1n) + 1n));
    }
  };

  const assignOne = async (to: Consumer, partition: number, lostTail?: LostTail): Promise<void> => {
    const { assignmentEpoch, handlers, next } = to;
    const earliest = partitionsOf(consumed)[partition]?.[0]?.offset ?? 0n;
    const told = { partition, assignmentEpoch, committed: committed.get(partition) ?? null, earliest };
    const start = await handlers.onAssigned({ ...told, topicEpoch: epoch, ...(lostTail && { lostTail }) });
    const position = start === 'earliest' || lostTail ? earliest : start;
    next.set(partition, position < earliest ? earliest : position);
    if (position < earliest) handlers.onGap(partition, position, earliest);
    if (position > endOf(partition)) await assignAnew(to, partition, position);
  };

  const assign = async (to: Consumer): Promise<void> => {
    for (let partition = 0; partition < partitions; partition += 1) await assignOne(to, partition);
  };

  /** As a log does that ends before a position. */
  const assignAnew = async (to: Consumer, partition: number, position: bigint): Promise<void> => {
    to.handlers.onRevoked(partition);
    to.assignmentEpoch = ++assignmentEpochs;
    await assignOne(to, partition, { position, end: endOf(partition) });
  };

  /** Before what cannot be decoded, until the owner says where to go on. */
  const stand = (before: Consumer, broken: { partition: number; first: bigint; last: bigint }): void => {
    const { assignmentEpoch, handlers, next } = before;
    next.delete(broken.partition);
    const error = new EventLogError('unavailable', 'records cannot be read', { retriable: false });
    handlers.onUnreadable?.({ ...broken, assignmentEpoch, error }).then((to) => {
      if (to !== null) next.set(broken.partition, to);
    }, handlers.onFatal);
  };

  /** Hands over what is there, one fetch a partition; answers how many records. */
  const deliver = (): number => {
    let delivered = 0;
    if (consumer === null) return 0;
    for (const [partition, next] of consumer.next) {
      if (consumer.paused.has(partition) || !consumer.running) continue;
      const broken = hooks.unreadable?.partition === partition ? hooks.unreadable : null;
      if (broken !== null && next >= broken.first && next <= broken.last) {
        stand(consumer, broken);
        continue;
      }
      const records = (partitionsOf(consumed)[partition] ?? [])
        .filter(({ offset }) => offset >= next && (broken === null || offset < broken.first || next > broken.last))
        .slice(0, fetchRecords);
      const last = records.at(-1);
      if (last === undefined) continue;
      consumer.next.set(partition, last.offset + 1n);
      consumer.handlers.onBatch({
        partition,
        assignmentEpoch: consumer.assignmentEpoch,
        records: packRecords(records),
        highWatermark: endOf(partition),
      });
      delivered += records.length;
    }
    return delivered;
  };

  const consume: EventLog['consume'] = async ({ topic, handlers }): Promise<LogConsumer> => {
    consumed = topic;
    const self: Consumer = {
      handlers,
      assignmentEpoch: ++assignmentEpochs,
      next: new Map(),
      paused: new Set(),
      running: true,
    };
    consumer = self;
    await Promise.resolve();
    queueMicrotask(() => {
      assign(self).catch(handlers.onFatal);
    });
    const stop = async (): Promise<void> => {
      self.running = false;
    };
    return {
      pause: (partition) => self.paused.add(partition),
      resume: (partition) => self.paused.delete(partition),
      commit: async (partition, assignmentEpoch, offset, metadata) => {
        await hooks.beforeCommit(partition, offset);
        if (!self.running || assignmentEpoch !== self.assignmentEpoch) return false;
        committed.set(partition, { offset, metadata });
        return true;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  };

  const log: EventLog = {
    driver: 'embedded',
    ensureTopic: async (topic) => void partitionsOf(topic),
    produce: async (topic, records) => {
      await hooks.beforeProduce(records);
      append(topic, records);
    },
    consume,
    topicEpoch: async () => epoch,
    offsets: async (topic) =>
      partitionsOf(topic).map((records, partition) => ({
        partition,
        earliest: records[0]?.offset ?? 0n,
        end: (records.at(-1)?.offset ?? -1n) + 1n,
      })),
    read: async function* (topic, partition, from, to) {
      for (const record of partitionsOf(topic)[partition] ?? []) {
        if (record.offset >= from && record.offset < to) yield record;
      }
    },
    committed: async () => committed,
    healthy: async () => true,
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };

  return {
    log,
    hooks,
    append,
    deliver,
    committed,
    /** Everything in a topic, partition by partition. */
    records: (topic: string): LogRecord[] => partitionsOf(topic).flat(),
    /** What the consumer is told of, for records that come when they should not. */
    handlers: (): ConsumerHandlers => {
      if (consumer === null) throw new Error('nobody consumes');
      return consumer.handlers;
    },
    assignmentEpoch: (): number => consumer?.assignmentEpoch ?? 0,
    paused: (): number[] => [...(consumer?.paused ?? [])],
    /** Takes the partitions away and gives them back, as a rebalance does. */
    rebalance: async (): Promise<void> => {
      if (consumer === null) return;
      for (const partition of consumer.next.keys()) consumer.handlers.onRevoked(partition);
      consumer.assignmentEpoch = ++assignmentEpochs;
      consumer.paused.clear();
      await assign(consumer);
    },
    /** The topic is deleted and made again: offsets begin at 0, commits stay. */
    remake: (topic: string): void => {
      topics.delete(topic);
      epoch = `${epoch}'`;
    },
    /** The only partition loses what lies from an offset on, and its reader finds out. */
    cut: async (topic: string, end: bigint): Promise<void> => {
      const records = partitionsOf(topic)[0] ?? [];
      records.splice(records.findIndex(({ offset }) => offset >= end));
      const position = consumer?.next.get(0) ?? 0n;
      if (consumer?.running && position > endOf(0)) await assignAnew(consumer, 0, position);
    },
    /** What lies below an offset is removed; the consumer is not told. */
    retain: (topic: string, before: bigint): void => {
      for (const records of partitionsOf(topic))
        records.splice(0, records.filter(({ offset }) => offset < before).length);
    },
  };
};

export type FakeLog = ReturnType<typeof createFakeLog>;

export const tooLarge = (): EventLogError =>
  new EventLogError('too_large', 'the fake takes less', { retriable: false });
export const logDown = (): EventLogError => new EventLogError('unavailable', 'the fake is down', { retriable: true });
