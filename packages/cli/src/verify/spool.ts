/** A store's events on disk, so that whole components of them can be read again a few at a time. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery } from '@cartledger/events';
import { CliError } from '../errors.ts';

/** Consecutive lines of one visitor. */
export type Runs = {
  readonly count: number;
  /** Where a run begins, in bytes; it ends where the next begins. */
  start(run: number): number;
  events(run: number): number;
  /** What `take` was told of the run's visitor. */
  node(run: number): number;
};

type Line = { delivery: Delivery; start: number };

export type Spool = {
  readonly events: number;
  readonly runs: Runs;
  /** Appends what came; `see` is given each whole event in it and answers its visitor's number. */
  take(chunk: Uint8Array, see: (line: Line) => number): void;
  /** After the last chunk: throws when the last line is not whole. */
  end(): void;
  /** The events of some runs, in the order given. */
  read(runs: Iterable<number>): Generator<Line>;
  [Symbol.dispose](): void;
};

const NEWLINE = 0x0a;
const READ_BYTES = 1 << 20;
/** Read as text: it may be beyond 2^53. No earlier field of an export's line can hold quotes without a backslash. */
const PAYLOAD_HASH = /"payload_hash":(\d+)/;

const isDelivery = (value: unknown): value is Delivery =>
  typeof value === 'object' && value !== null && 'event_id' in value && 'received_at' in value;

const deliveryOf = (line: string): Delivery => {
  const value: unknown = JSON.parse(line);
  if (!isDelivery(value)) throw new CliError('the export has a line that is no event');
  return { ...value, payload_hash: BigInt(PAYLOAD_HASH.exec(line)?.[1] ?? 0) };
};

/** A file that has no name any more: it is gone however the process ends. */
const openNameless = (): number => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-verify-'));
  try {
    return openSync(join(dir, 'events'), 'wx+', 0o600);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const doubled = <T extends Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(array: T, larger: T): T => {
  larger.set(array);
  return larger;
};

export const createSpool = (): Spool => {
  const file = openNameless();
  let rest: Buffer = Buffer.alloc(0);
  let size = 0;
  let events = 0;
  let count = 0;
  let visitor: string | null = null;
  let starts = new Float64Array(1_024);
  let nodes = new Uint32Array(1_024);
  let counts = new Uint32Array(1_024);

  const beginRun = (start: number, node: number): void => {
    if (count + 1 >= starts.length) {
      starts = doubled(starts, new Float64Array(starts.length * 2));
      nodes = doubled(nodes, new Uint32Array(nodes.length * 2));
      counts = doubled(counts, new Uint32Array(counts.length * 2));
    }
    starts[count] = start;
    nodes[count] = node;
    count++;
  };

  const write = (bytes: Uint8Array): void => {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    } catch (cause) {
      throw new CliError(
        `${tmpdir()} cannot take the store's events (${cause instanceof Error ? cause.message : String(cause)}): name a directory with more room in TMPDIR`,
        { cause },
      );
    }
  };

  /** Lines of [from, to) of the file. */
  const linesOf = function* (from: number, to: number): Generator<Line> {
    let left = Buffer.alloc(0);
    let leftAt = from;
    for (let at = from; at < to; ) {
      const block = Buffer.allocUnsafe(Math.min(READ_BYTES, to - at));
      const got = readSync(file, block, 0, block.length, at);
      if (got === 0) throw new Error('the temporary file has become shorter');
      at += got;
      const bytes = left.length === 0 ? block.subarray(0, got) : Buffer.concat([left, block.subarray(0, got)]);
      let begin = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
        yield { delivery: deliveryOf(bytes.toString('utf8', begin, end)), start: leftAt + begin };
        begin = end + 1;
      }
      leftAt += begin;
      left = bytes.subarray(begin);
    }
  };

  const startOf = (run: number): number => (run < count ? (starts[run] ?? 0) : size - rest.length);

  return {
    get events() {
      return events;
    },
    runs: {
      get count() {
        return count;
      },
      start: startOf,
      events: (run) => counts[run] ?? 0,
      node: (run) => nodes[run] ?? 0,
    },
    take(chunk, see) {
      write(chunk);
      const base = size - rest.length;
      size += chunk.length;
      const bytes =
        rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
      let begin = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
        const line = { delivery: deliveryOf(bytes.toString('utf8', begin, end)), start: base + begin };
        const node = see(line);
        if (line.delivery.visitor_id !== visitor) {
          visitor = line.delivery.visitor_id;
          beginRun(line.start, node);
        }
        counts[count - 1] = (counts[count - 1] ?? 0) + 1;
        events++;
        begin = end + 1;
      }
      rest = Buffer.from(bytes.subarray(begin));
    },
    end() {
      if (rest.length > 0) throw new CliError('the export broke off in the middle of an event; try again');
    },
    *read(runs) {
      let from = -1;
      let to = -1;
      // Neighbours are read as one.
      for (const run of runs) {
        if (startOf(run) !== to) {
          if (from !== -1) yield* linesOf(from, to);
          from = startOf(run);
        }
        to = startOf(run + 1);
      }
      if (from !== -1) yield* linesOf(from, to);
    },
    [Symbol.dispose]: () => closeSync(file),
  };
};
