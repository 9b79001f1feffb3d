/** A store's events on disk, so that they can be read again a few at a time. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery } from '@cartledger/events';
import { CliError } from '../errors.ts';

/** An event and the bytes of its line: the next one begins where it ends. */
export type Line = { delivery: Delivery; start: number; end: number };

export type Spool = {
  readonly events: number;
  readonly bytes: number;
  /** Appends what came; `see` is given each whole event in it. */
  take(chunk: Uint8Array, see: (line: Line) => void): void;
  /** After the last chunk: throws when the last line is not whole. */
  end(): void;
  /** The events between two places at which lines begin. */
  read(from: number, to: number): Generator<Line>;
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

/** The line from `begin` to `end` of bytes that lie at `base` in the file. */
const lineOf = (bytes: Buffer, begin: number, end: number, base: number): Line => ({
  delivery: deliveryOf(bytes.toString('utf8', begin, end)),
  start: base + begin,
  end: base + end + 1,
});

/** A file that has no name any more: it is gone however the process ends. */
const openNameless = (): number => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-verify-'));
  try {
    return openSync(join(dir, 'events'), 'wx+', 0o600);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

export const createSpool = (): Spool => {
  const file = openNameless();
  let rest: Buffer = Buffer.alloc(0);
  let size = 0;
  let events = 0;

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

  return {
    get events() {
      return events;
    },
    get bytes() {
      return size;
    },
    take(chunk, see) {
      write(chunk);
      const base = size - rest.length;
      size += chunk.length;
      const bytes =
        rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
      let begin = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
        see(lineOf(bytes, begin, end, base));
        events++;
        begin = end + 1;
      }
      rest = Buffer.from(bytes.subarray(begin));
    },
    end() {
      if (rest.length > 0) throw new CliError('the export broke off in the middle of an event; try again');
    },
    *read(from, to) {
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
          yield lineOf(bytes, begin, end, leftAt);
          begin = end + 1;
        }
        leftAt += begin;
        left = bytes.subarray(begin);
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
};
