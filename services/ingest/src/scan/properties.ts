/**
 * `properties` whose bytes are what JSON.stringify(JSON.parse(bytes)) gives, so that they go into the store as they
 * are: no blanks, no escapes, whole numbers only, and in no object a name twice (the last would count) or one that
 * begins with a digit (integers come first).
 */
import { MAX_PROPERTIES_BYTES } from '@cartledger/events';
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfBoolean,
  endOfDigits,
  endOfNull,
  endOfText,
  type Met,
  MINUS,
  NINE,
  NOT_PLAIN,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  ZERO,
} from './bytes.ts';

/** Fewer than events may have; what is deeper or wider is rare, and the slow way knows the real limits. */
const MAX_DEPTH = 6;
const MAX_NAMES = 16;

const endOfNumber = (bytes: Uint8Array, from: number): number => {
  if (bytes[from] !== MINUS) return endOfDigits(bytes, from);
  // -0 is written as 0.
  return bytes[from + 1] === ZERO ? NOT_PLAIN : endOfDigits(bytes, from + 1);
};

const endOfValue = (bytes: Uint8Array, from: number, depth: number, met: Met): number => {
  switch (bytes[from]) {
    case QUOTE: {
      const end = endOfText(bytes, from + 1, met);
      return end === NOT_PLAIN ? NOT_PLAIN : end + 1;
    }
    case OPEN_OBJECT:
      return endOfObject(bytes, from, depth + 1, met);
    case OPEN_LIST:
      return endOfList(bytes, from, depth + 1, met);
    case 0x74: // t
    case 0x66: // f
      return endOfBoolean(bytes, from);
    case 0x6e: // n
      return endOfNull(bytes, from);
    default:
      return endOfNumber(bytes, from);
  }
};

const endOfList = (bytes: Uint8Array, from: number, depth: number, met: Met): number => {
  if (depth > MAX_DEPTH) return NOT_PLAIN;
  if (bytes[from + 1] === CLOSE_LIST) return from + 2;
  let at = from;
  do {
    at = endOfValue(bytes, at + 1, depth, met);
    if (at === NOT_PLAIN) return NOT_PLAIN;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_LIST ? at + 1 : NOT_PLAIN;
};

/** Where the names of the objects begin that are being read, MAX_NAMES for each level. */
const nameStarts = new Int32Array((MAX_DEPTH + 1) * MAX_NAMES);

/** Whether the name that ends with the quote at `end` has been met among the first `count` of its object. */
const isRepeated = (bytes: Uint8Array, from: number, end: number, level: number, count: number): boolean => {
  for (let index = 0; index < count; index += 1) {
    const other = nameStarts[level + index] ?? 0;
    let at = 0;
    while (from + at <= end && bytes[other + at] === bytes[from + at]) at += 1;
    if (from + at > end) return true;
  }
  return false;
};

const endOfObject = (bytes: Uint8Array, from: number, depth: number, met: Met): number => {
  if (depth > MAX_DEPTH) return NOT_PLAIN;
  if (bytes[from + 1] === CLOSE_OBJECT) return from + 2;
  const level = depth * MAX_NAMES;
  let at = from;
  let names = 0;
  do {
    const name = at + 2;
    if (bytes[at + 1] !== QUOTE || names === MAX_NAMES) return NOT_PLAIN;
    const first = bytes[name] ?? 0;
    const end = endOfText(bytes, name, met);
    if (end === NOT_PLAIN || bytes[end + 1] !== COLON || (first >= ZERO && first <= NINE)) return NOT_PLAIN;
    if (isRepeated(bytes, name, end, level, names)) return NOT_PLAIN;
    nameStarts[level + names] = name;
    names += 1;
    at = endOfValue(bytes, end + 2, depth, met);
    if (at === NOT_PLAIN) return NOT_PLAIN;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_OBJECT ? at + 1 : NOT_PLAIN;
};

export const endOfProperties = (bytes: Uint8Array, from: number, met: Met): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  const end = endOfObject(bytes, from, 1, met);
  return end - from > MAX_PROPERTIES_BYTES ? NOT_PLAIN : end;
};
