/** `amounts` and `friction`, into the row at `rows.count`. */
import { AMOUNT_FIELDS, MAX_CODE_LENGTH, MAX_MONEY } from '@cartledger/events';
import {
  ASCII_STOPS,
  CLOSE_OBJECT,
  COMMA,
  endOfDigits,
  endOfString,
  endOfText,
  type Met,
  NOT_PLAIN,
  nameAt,
  numberIn,
  OPEN_OBJECT,
  QUOTE,
  toWords,
} from './bytes.ts';
import { FIELD, INT, NUMBER, ROW_INTS, ROW_NUMBERS, type Rows } from './rows.ts';

const AMOUNTS = toWords(AMOUNT_FIELDS);

export const endOfAmounts = (bytes: Uint8Array, from: number, rows: Rows): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  if (bytes[from + 1] === CLOSE_OBJECT) return from + 2;
  const first = rows.count * ROW_NUMBERS + NUMBER.amounts;
  let at = from;
  do {
    const name = nameAt(AMOUNTS, 0, bytes, at + 1);
    // One that is there already has been given twice.
    if (name === -1 || rows.numbers[first + name] !== -1) return NOT_PLAIN;
    const start = at + 4 + (AMOUNTS[name]?.length ?? 0);
    at = endOfDigits(bytes, start);
    if (at === NOT_PLAIN) return NOT_PLAIN;
    const amount = numberIn(bytes, start, at);
    if (amount > MAX_MONEY) return NOT_PLAIN;
    rows.numbers[first + name] = amount;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_OBJECT ? at + 1 : NOT_PLAIN;
};

const CODE = 0;
const FRICTION = toWords(['code', 'message']);

export const endOfFriction = (bytes: Uint8Array, from: number, rows: Rows, met: Met): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  const base = rows.count * ROW_INTS;
  let at = from;
  let seen = 0;
  do {
    const name = nameAt(FRICTION, 0, bytes, at + 1);
    if (name === -1 || (seen & (1 << name)) !== 0) return NOT_PLAIN;
    const start = at + 5 + (FRICTION[name]?.length ?? 0);
    if (bytes[start - 1] !== QUOTE) return NOT_PLAIN;
    seen |= 1 << name;
    const end = name === CODE ? endOfCode(bytes, start) : endOfText(bytes, start, met);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    const span = base + (name === CODE ? FIELD.friction * 2 : INT.messageStart);
    rows.ints[span] = start;
    rows.ints[span + 1] = end;
    at = end + 1;
  } while (bytes[at] === COMMA);
  const hasCode = (seen & (1 << CODE)) !== 0;
  return bytes[at] === CLOSE_OBJECT && hasCode ? at + 1 : NOT_PLAIN;
};

/** The quote that ends a `channel` or a `friction.code` whose first character is at `from`. */
export const endOfCode = (bytes: Uint8Array, from: number): number => {
  const end = endOfString(ASCII_STOPS, bytes, from);
  return end > from && end - from <= MAX_CODE_LENGTH ? end : NOT_PLAIN;
};
