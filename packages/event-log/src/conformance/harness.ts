import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import type { Assignment, ConsumerHandlers, EventLog, LogConsumer, LogRecord, RecordBatch } from '../port.ts';

/** What the suite needs of a driver under test. */
export type LogUnderTest = {
  log: EventLog;
  /** Ends the log and opens it anew, as a restarted process would. */
  reopen(): Promise<EventLog>;
  /** A second log on the same data, as another process would have; null where there can be only one. */
  another: (() => Promise<EventLog>) | null;
  deleteTopic(topic: string): Promise<void>;
  /** Removes the records of a partition below `before`, as retention would. */
  truncate(topic: string, partition: number, before: bigint): Promise<void>;
  /**
   * Leaves a partition that nobody reads shorter by `by` than what the group has committed of it, as a disk does that
   * lost its last writes. Answers the log to go on with.
   */
  shorten(topic: string, groupId: string, partition: number, by: bigint): Promise<EventLog>;
  /** Releases everything. */
  close(): Promise<void>;
};

/** What a test has at hand: a log of its own with an empty topic of three partitions. */
export type Context = {
  under: LogUnderTest;
  log: EventLog;
  topic: string;
  /** Joins `${topic}-group` unless told otherwise; stopped after the test. */
  consume(
    handlers: ConsumerHandlers,
    options?: { groupId?: string; from?: EventLog; maxBatchBytes?: number },
  ): Promise<LogConsumer>;
};

const PATIENCE_MS = 30_000;
let topics = 0;

/** Makes a log and a topic before each test, and releases all after it. The answer is filled in before each test. */
export function useLog(make: () => Promise<LogUnderTest>): Context {
  const consumers: LogConsumer[] = [];
  const context: Partial<Context> = {};
  beforeEach(async () => {
    const under = await make();
    const topic = `conformance-${process.pid}-${Date.now()}-${topics++}`;
    await under.log.ensureTopic(topic, { partitions: 3 });
    Object.assign(context, {
      under,
      log: under.log,
      topic,
      async consume(handlers, options = {}) {
        const { groupId = `${topic}-group`, from = under.log, ...rest } = options;
        const consumer = await from.consume({ topic, groupId, handlers, ...rest });
        consumers.push(consumer);
        return consumer;
      },
    } satisfies Context);
  });
  afterEach(async () => {
    await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    await context.under?.close();
  });
  return context as Context;
}

/** Waits for a condition, and says at the end of its patience what stood there. */
export async function until(what: () => boolean, describeState: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!what()) {
    if (performance.now() > deadline) {
      throw new Error(`not so after ${PATIENCE_MS} ms: ${what} ${JSON.stringify(describeState())}`);
    }
    await delay(5);
  }
}

export type Seen = {
  assigned: Assignment[];
  revoked: number[];
  batches: RecordBatch[];
  gaps: { partition: number; from: bigint; to: bigint }[];
  fatal: Error[];
};

const resumeOrEarliest = ({ committed }: Assignment) => (committed ? committed.offset : 'earliest');

/** Handlers that keep what they were told and start where `start` says. */
export function recorder(start: (assignment: Assignment) => bigint | 'earliest' = resumeOrEarliest) {
  const seen: Seen = { assigned: [], revoked: [], batches: [], gaps: [], fatal: [] };
  const handlers: ConsumerHandlers = {
    async onAssigned(assignment) {
      seen.assigned.push(assignment);
      return start(assignment);
    },
    onRevoked: (partition) => void seen.revoked.push(partition),
    onBatch: (batch) => void seen.batches.push(batch),
    onGap: (partition, from, to) => void seen.gaps.push({ partition, from, to }),
    onFatal: (error) => void seen.fatal.push(error),
  };
  return { seen, handlers };
}

export const recordsOf = (seen: Seen): LogRecord[] => seen.batches.flatMap((batch) => [...batch.records]);

export const valuesOf = (records: readonly LogRecord[]): string[] => records.map((record) => String(record.value));

/** Records whose values are the numbers from `from` to below `to`. */
export const numbered = (from: number, to: number, key = 'k') =>
  Array.from({ length: to - from }, (_, i) => ({ key, value: Buffer.from(`${from + i}`) }));

export async function collect(records: AsyncIterable<LogRecord>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const record of records) {
    all.push(record);
  }
  return all;
}
