import type { LogRecord } from '@cartledger/event-log';

export type BatchBounds = {
  maxRows: number;
  maxBytes: number;
  /** How long a record may wait for company. */
  maxAgeMs: number;
};

export type Batch = {
  records: readonly LogRecord[];
  bytes: number;
  /** When the last of its records was handed over, ms UTC. */
  arrivedAt: number;
};

/** Records of one partition that wait to be taken in. */
export type Batcher = {
  push(records: readonly LogRecord[]): void;
  /** The next batch as soon as it is full or old enough; null after `close`, whatever still waits. */
  next(): Promise<Batch | null>;
  close(): void;
  readonly waitingBytes: number;
  readonly waitingRecords: number;
};

/** Key, headers and the object itself: a guess that keeps a flood of tiny records bounded too. */
const RECORD_OVERHEAD_BYTES = 256;

export const recordBytes = (record: LogRecord): number => (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;

export const createBatcher = ({ now }: { now: () => number }, bounds: BatchBounds): Batcher => {
  let waiting: { record: LogRecord; arrivedAt: number }[] = [];
  let waitingBytes = 0;
  let closed = false;
  let wake: () => void = () => {};

  const cut = (): Batch => {
    const records: LogRecord[] = [];
    let bytes = 0;
    let arrivedAt = 0;
    for (const entry of waiting) {
      const size = recordBytes(entry.record);
      const full = records.length >= bounds.maxRows || (records.length > 0 && bytes + size > bounds.maxBytes);
      if (full) break;
      records.push(entry.record);
      bytes += size;
      arrivedAt = Math.max(arrivedAt, entry.arrivedAt);
    }
    waiting = waiting.slice(records.length);
    waitingBytes -= bytes;
    return { records, bytes, arrivedAt };
  };

  /** ms until the waiting records make a batch; infinite while there are none. */
  const due = (): number => {
    const first = waiting[0];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    if (waiting.length >= bounds.maxRows || waitingBytes >= bounds.maxBytes) return 0;
    return first.arrivedAt + bounds.maxAgeMs - now();
  };

  const wakeOrAfter = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  return {
    push: (records) => {
      const arrivedAt = now();
      for (const record of records) {
        waiting.push({ record, arrivedAt });
        waitingBytes += recordBytes(record);
      }
      wake();
    },
    next: async () => {
      while (!closed) {
        const ms = due();
        if (ms <= 0) return cut();
        await wakeOrAfter(ms);
      }
      return null;
    },
    close: () => {
      closed = true;
      wake();
    },
    get waitingBytes() {
      return waitingBytes;
    },
    get waitingRecords() {
      return waiting.length;
    },
  };
};
