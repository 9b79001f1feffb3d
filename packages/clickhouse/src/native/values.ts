/** Checks single values and puts them where they belong: what `append(unknown)` of fixed-width columns does. */
import type { IntegerType } from './type.ts';

/** Refuses (throws RangeError, without the value) what the column's type cannot hold. */
export type Write = (view: DataView, offset: number, value: unknown) => void;

export const refuse = (expected: string): never => {
  throw new RangeError(`expected ${expected}`);
};

/** Two's complement of a safe integer in 8 bytes, without a bigint. */
export const writeSafeInt64 = (view: DataView, offset: number, value: number): void => {
  const high = Math.floor(value / 2 ** 32);
  view.setUint32(offset, value - high * 2 ** 32, true);
  view.setInt32(offset + 4, high, true);
};

export const writeBool: Write = (view, offset, value) =>
  view.setUint8(offset, typeof value === 'boolean' ? Number(value) : refuse('a boolean'));

export const writeEnum =
  (values: ReadonlyMap<string, number>): Write =>
  (view, offset, value) => {
    const known = typeof value === 'string' ? values.get(value) : undefined;
    view.setInt8(offset, known ?? refuse(`one of ${[...values.keys()].join(', ')}`));
  };

const smallInteger = (value: unknown, type: string, min: number, max: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : refuse(type);

const writeLargeInteger = (type: string, width: number, signed: boolean): Write => {
  const bits = BigInt(width * 8);
  const min = signed ? -(1n << (bits - 1n)) : 0n;
  const max = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  return (view, offset, value) => {
    if (width === 8 && typeof value === 'number') {
      if (!Number.isSafeInteger(value) || (value < 0 && !signed)) return refuse(type);
      return writeSafeInt64(view, offset, value);
    }
    const integer = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof integer !== 'bigint' || integer < min || integer > max) return refuse(type);
    // 64 bits at a time, lowest first, whatever the sign.
    for (let at = 0; at < width; at += 8) view.setBigUint64(offset + at, integer >> BigInt(at * 8), true);
  };
};

/** Bytes of one value, and how it is written. */
export const integerFormat = (type: IntegerType): { width: number; write: Write } => {
  switch (type) {
    case 'UInt8':
      return { width: 1, write: (view, at, value) => view.setUint8(at, smallInteger(value, type, 0, 0xff)) };
    case 'UInt16':
      return { width: 2, write: (view, at, value) => view.setUint16(at, smallInteger(value, type, 0, 0xffff), true) };
    case 'UInt32':
      return {
        width: 4,
        write: (view, at, value) => view.setUint32(at, smallInteger(value, type, 0, 0xffff_ffff), true),
      };
    case 'Int8':
      return { width: 1, write: (view, at, value) => view.setInt8(at, smallInteger(value, type, -0x80, 0x7f)) };
    case 'Int16':
      return {
        width: 2,
        write: (view, at, value) => view.setInt16(at, smallInteger(value, type, -0x8000, 0x7fff), true),
      };
    case 'Int32':
      return {
        width: 4,
        write: (view, at, value) => view.setInt32(at, smallInteger(value, type, -0x8000_0000, 0x7fff_ffff), true),
      };
    case 'UInt64':
    case 'Int64':
      return { width: 8, write: writeLargeInteger(type, 8, type === 'Int64') };
    case 'UInt128':
    case 'Int128':
      return { width: 16, write: writeLargeInteger(type, 16, type === 'Int128') };
    case 'UInt256':
    case 'Int256':
      return { width: 32, write: writeLargeInteger(type, 32, type === 'Int256') };
  }
};

/** What DateTime64 and Date32 can hold; beyond it the server would silently clamp. */
const FIRST_MS = Date.UTC(1900, 0, 1);
const LAST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const DAY_MS = 86_400_000;

export const writeDateTime: Write = (view, offset, value) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < FIRST_MS || value > LAST_MS) {
    return refuse('ms UTC from 1900 to 2299');
  }
  writeSafeInt64(view, offset, value);
};

/** Days of few years, met again and again. */
const knownDays = new Map<unknown, number>();
const MAX_KNOWN_DAYS = 10_000;

export const writeDate: Write = (view, offset, value) => {
  const known = knownDays.get(value);
  if (known !== undefined) {
    view.setInt32(offset, known, true);
    return;
  }
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN;
  // Date.parse takes 2026-02-30 for 2 March.
  if (!(ms >= FIRST_MS && ms <= LAST_MS) || new Date(ms).toISOString().slice(0, 10) !== value) {
    return refuse('a day YYYY-MM-DD from 1900 to 2299');
  }
  if (knownDays.size < MAX_KNOWN_DAYS) knownDays.set(value, ms / DAY_MS);
  view.setInt32(offset, ms / DAY_MS, true);
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Two 64-bit halves, each little-endian. A batch has one id in all its rows: the last one is kept as bytes. */
export const createUuidWriter = (): Write => {
  let last: unknown;
  let high = 0n;
  let low = 0n;
  return (view, offset, value) => {
    if (value !== last) {
      if (typeof value !== 'string' || !UUID.test(value)) return refuse('a UUID');
      const hex = value.replaceAll('-', '');
      high = BigInt(`0x${hex.slice(0, 16)}`);
      low = BigInt(`0x${hex.slice(16)}`);
      last = value;
    }
    view.setBigUint64(offset, high, true);
    view.setBigUint64(offset + 8, low, true);
  };
};
