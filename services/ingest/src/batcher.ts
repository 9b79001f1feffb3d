import { type LogRecord, RECORD_SPAN, type Records, SPAN } from '@cartledger/event-log';
import { createRecordRun, type RecordRun } from './record-run.ts';

export type BatchBounds = {
  maxRows: number;
  maxBytes: number;
  /** How long a record may wait for company. */
  maxAgeMs: number;
};

export type Batch = {
  records: RecordRun;
  /** Memory that is free when the batch is done: of every fetch whose last record is in it. */
  bytes: number;
  /** When the last of its records was handed over, ms UTC. */
  arrivedAt: number;
};

/** Records of one partition that wait to be taken in, as they were fetched: batches are cut by counting. */
export type Batcher = {
  push(records: Records): void;
  /** The next batch as soon as it is full or old enough; null after `close`, whatever still waits. */
  next(): Promise<Batch | null>;
  close(): void;
  /** Memory of all fetches of which something waits. */
  readonly waitingBytes: number;
  readonly waitingRecords: number;
};

/** What a record takes besides its value while it is taken in: a guess that keeps a flood of tiny records bounded too. */
const RECORD_OVERHEAD_BYTES = 256;

export const recordBytes = (record: LogRecord): number => (record.value?.length ?? 0) + RECORD_OVERHEAD_BYTES;

const bytesAt = ({ spans }: Records, index: number): number => {
  const place = index * RECORD_SPAN;
  const start = spans[place + SPAN.valueStart] ?? -1;
  return RECORD_OVERHEAD_BYTES + (start < 0 ? 0 : (spans[place + SPAN.valueEnd] ?? 0) - start);
};

/** What records hold of memory: the stretch of their buffer that they lie in, whose rest is others'. */
export const heldBytes = (records: Records): number => {
  const { spans, length } = records;
  const starts = [SPAN.keyStart, SPAN.valueStart, SPAN.headersStart].map((part) => spans[part] ?? -1);
  const end = spans[(length - 1) * RECORD_SPAN + SPAN.headersEnd] ?? 0;
  return end - Math.min(...starts.filter((start) => start >= 0)) + length * RECORD_OVERHEAD_BYTES;
};

type Fetch = { records: Records; held: number; arrivedAt: number };

export const createBatcher = ({ now }: { now: () => number }, bounds: BatchBounds): Batcher => {
  const waiting: Fetch[] = [];
  /** How many records of the first are in a batch already. */
  let cutOff = 0;
  let waitingRecords = 0;
  /** Of the waiting records alone. */
  let recordsBytes = 0;
  let waitingBytes = 0;
  let closed = false;
  let wake: () => void = () => {};

  const cut = (): Batch => {
    const chunks: Records[] = [];
    let rows = 0;
    let size = 0;
    let bytes = 0;
    let arrivedAt = 0;
    for (let fetch = waiting[0]; fetch !== undefined; fetch = waiting[0]) {
      const { records } = fetch;
      let to = cutOff;
      for (; to < records.length && rows < bounds.maxRows; to += 1, rows += 1) {
        const more = bytesAt(records, to);
        if (rows > 0 && size + more > bounds.maxBytes) break;
        size += more;
      }
      if (to > cutOff) {
        chunks.push(cutOff === 0 && to === records.length ? records : records.slice(cutOff, to));
        arrivedAt = fetch.arrivedAt;
      }
      if (to < records.length) {
        cutOff = to;
        break;
      }
      cutOff = 0;
      bytes += fetch.held;
      waiting.shift();
    }
    waitingRecords -= rows;
    recordsBytes -= size;
    waitingBytes -= bytes;
    return { records: createRecordRun(chunks), bytes, arrivedAt };
  };

  /** ms until the waiting records make a batch; infinite while there are none. */
  const due = (): number => {
    const first = waiting[0];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    if (waitingRecords >= bounds.maxRows || recordsBytes >= bounds.maxBytes) return 0;
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
      const held = heldBytes(records);
      waiting.push({ records, held, arrivedAt: now() });
      waitingBytes += held;
      waitingRecords += records.length;
      for (let index = 0; index < records.length; index += 1) recordsBytes += bytesAt(records, index);
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
      return waitingRecords;
    },
  };
};
