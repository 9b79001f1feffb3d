/**
 * JSON by its bytes. Readers here and beside it take a place in `bytes` and answer the place after what they have read,
 * or NOT_PLAIN: not "wrong", but "not for us", for instance an escape, a blank, or what may be wrong. Beyond the buffer
 * bytes count as 0, which stops everything.
 */
export const NOT_PLAIN = -1;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const BLANK = 0x20;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
export const ZERO = 0x30;
export const NINE = 0x39;

/** By byte: 0 where a string goes on, 1 where it ends or is not plain. */
export type Stops = Uint8Array;

const stopsBut = (goesOn: (byte: number) => boolean): Stops =>
  Uint8Array.from({ length: 256 }, (_, byte) =>
    goesOn(byte) && byte >= BLANK && byte !== QUOTE && byte !== BACKSLASH ? 0 : 1,
  );

/** Characters that one byte holds and that are no control characters. */
export const ASCII_STOPS = stopsBut((byte) => byte < DELETE);
const ANY_STOPS = stopsBut(() => true);
/** ASCII without the two characters that every e-mail address has one of, as it is or escaped for a URL. */
export const OPAQUE_STOPS = stopsBut((byte) => byte < DELETE && byte !== 0x40 && byte !== 0x25);
/** The characters of a pattern that judges each alone. */
export const stopsOf = (pattern: RegExp): Stops =>
  stopsBut((byte) => byte < DELETE && pattern.test(String.fromCharCode(byte)));

/** The place of the quote that ends the string whose first character is at `from`. */
export const endOfString = (stops: Stops, bytes: Uint8Array, from: number): number => {
  let at = from;
  while (stops[bytes[at] ?? 0] === 0) at += 1;
  return bytes[at] === QUOTE ? at : NOT_PLAIN;
};

/** What was met in an event that its rules ask for, or that has to be looked at once more when it has been read. */
export type Met = {
  /** Something is no ASCII. */
  beyondAscii: boolean;
  /** Its type, as its index in BUILT_IN_TYPES; -1: one of the store's own. */
  type: number;
  /** One of its lines has a price. */
  price: boolean;
};

export const createMet = (): Met => ({ beyondAscii: false, type: -1, price: false });

/** The same for a text in any script; whether it is UTF-8 is to be asked for the event as a whole. */
export const endOfText = (bytes: Uint8Array, from: number, met: Met): number => {
  let at = from;
  while (ASCII_STOPS[bytes[at] ?? 0] === 0) at += 1;
  if (bytes[at] === QUOTE) return at;
  met.beyondAscii = true;
  return endOfString(ANY_STOPS, bytes, at);
};

/** Longer numbers may be no exact integers. */
const MAX_DIGITS = 15;

/** The place after a whole number without sign; what follows tells whether the number ends there. */
export const endOfDigits = (bytes: Uint8Array, from: number): number => {
  let at = from;
  for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) at += 1;
  const count = at - from;
  const isPlain = count === 1 || (count > 1 && count <= MAX_DIGITS && bytes[from] !== ZERO);
  return isPlain ? at : NOT_PLAIN;
};

/** The number that the digits of [from, end) make. */
export const numberIn = (bytes: Uint8Array, from: number, end: number): number => {
  let number = 0;
  for (let at = from; at < end; at += 1) number = number * 10 + (bytes[at] ?? 0) - ZERO;
  return number;
};

export const isSame = (bytes: Uint8Array, from: number, end: number, word: Uint8Array): boolean => {
  if (end - from !== word.length) return false;
  for (let at = 0; at < word.length; at += 1) if (bytes[from + at] !== word[at]) return false;
  return true;
};

export type Words = readonly Uint8Array[];

export const toWords = (texts: readonly string[]): Words => texts.map((text) => Buffer.from(text));

/** Which word stands in [from, end); -1: none of them. */
export const wordAt = (words: Words, bytes: Uint8Array, from: number, end: number): number => {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word !== undefined && isSame(bytes, from, end, word)) return index;
  }
  return -1;
};

/** Which of `names`, none before `first`, is the key whose quote is at `at`; -1: none of them. */
export const nameAt = (names: Words, first: number, bytes: Uint8Array, at: number): number => {
  if (bytes[at] !== QUOTE) return -1;
  for (let index = first; index < names.length; index += 1) {
    const name = names[index];
    if (name === undefined) return -1;
    const end = at + 1 + name.length;
    if (bytes[end] === QUOTE && bytes[end + 1] === COLON && isSame(bytes, at + 1, end, name)) return index;
  }
  return -1;
};

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** The place after `true` or `false`. */
export const endOfBoolean = (bytes: Uint8Array, from: number): number => {
  if (isSame(bytes, from, from + 4, TRUE)) return from + 4;
  return isSame(bytes, from, from + 5, FALSE) ? from + 5 : NOT_PLAIN;
};

export const endOfNull = (bytes: Uint8Array, from: number): number =>
  isSame(bytes, from, from + 4, NULL) ? from + 4 : NOT_PLAIN;
