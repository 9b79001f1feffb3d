/** One event, from its JSON into the row at `rows.count`. Which rules it keeps is asked in rules.ts. */
import {
  BUILT_IN_TYPES,
  CHECKOUT_STEPS,
  CURRENCIES,
  CUSTOM_NAME_PATTERN,
  MAX_REVISION,
  MAX_TIME,
  REFUND_KINDS,
  SOURCES,
} from '@cartledger/events';
import {
  ASCII_STOPS,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfBoolean,
  endOfDigits,
  endOfString,
  isSame,
  type Met,
  NOT_PLAIN,
  numberIn,
  OPAQUE_STOPS,
  OPEN_OBJECT,
  QUOTE,
  toWords,
  type Words,
  wordAt,
} from './bytes.ts';
import { endOfId, endOfShortId } from './ids.ts';
import { endOfItems } from './items.ts';
import { endOfAmounts, endOfCode, endOfFriction } from './parts.ts';
import { endOfProperties } from './properties.ts';
import { FIELD, FIELDS, FLAG, INT, NUMBER, ROW_INTS, ROW_NUMBERS, type Rows, SOURCE_SHIFT } from './rows.ts';
import { CAMPAIGN, DEVICE, endOfConsent, endOfTexts, PAGE } from './texts.ts';

const NAMES = toWords(FIELDS);
const SHORTEST_NAME = 4;
const LONGEST_NAME = 14;

/** A place among 128 for a name, no two names in one. */
const placeOfName = (bytes: Uint8Array, from: number, length: number): number =>
  (length + (bytes[from] ?? 0) + (bytes[from + 1] ?? 0) * 2 + (bytes[from + length - 4] ?? 0) * 12) & 127;

const FIELD_AT = new Int8Array(128).fill(-1);
for (const [field, name] of NAMES.entries()) {
  const place = placeOfName(name, 0, name.length);
  if (FIELD_AT[place] !== -1) throw new Error(`two names of fields in one place: ${FIELDS[field]}`);
  FIELD_AT[place] = field;
}

/** The field whose name begins at `from`; -1: none. */
const fieldAt = (bytes: Uint8Array, from: number): number => {
  let end = from + SHORTEST_NAME;
  while (bytes[end] !== QUOTE) {
    end += 1;
    if (end - from > LONGEST_NAME) return -1;
  }
  const field = FIELD_AT[placeOfName(bytes, from, end - from)] ?? -1;
  const name = NAMES[field];
  return name !== undefined && isSame(bytes, from, end, name) ? field : -1;
};

const TYPES = toWords(BUILT_IN_TYPES);
const CUSTOM = Buffer.from('custom:');
const isCustomType = (bytes: Uint8Array, from: number, end: number): boolean =>
  isSame(bytes, from, from + CUSTOM.length, CUSTOM) &&
  end - from <= 128 &&
  CUSTOM_NAME_PATTERN.test(Buffer.from(bytes.subarray(from + CUSTOM.length, end)).toString('latin1'));

const endOfType = (bytes: Uint8Array, at: number, met: Met): number => {
  if (bytes[at] !== QUOTE) return NOT_PLAIN;
  const end = endOfString(ASCII_STOPS, bytes, at + 1);
  if (end === NOT_PLAIN) return NOT_PLAIN;
  met.type = wordAt(TYPES, bytes, at + 1, end);
  return met.type !== -1 || isCustomType(bytes, at + 1, end) ? end + 1 : NOT_PLAIN;
};

const endOfWord = (words: Words, bytes: Uint8Array, at: number): number => {
  if (bytes[at] !== QUOTE) return NOT_PLAIN;
  const end = endOfString(ASCII_STOPS, bytes, at + 1);
  return end !== NOT_PLAIN && wordAt(words, bytes, at + 1, end) !== -1 ? end + 1 : NOT_PLAIN;
};

const KINDS = toWords(REFUND_KINDS);
const STEPS = toWords(CHECKOUT_STEPS);
const SOURCE_WORDS = toWords(SOURCES);

const LETTERS = 26;
const A = 0x41;
const currencyPlace = (bytes: Uint8Array, from: number): number =>
  (((bytes[from] ?? 0) - A) * LETTERS + (bytes[from + 1] ?? 0) - A) * LETTERS + (bytes[from + 2] ?? 0) - A;
const isCapital = (byte: number | undefined): boolean => byte !== undefined && byte >= A && byte < A + LETTERS;
const IS_CURRENCY = new Uint8Array(LETTERS ** 3);
for (const code of CURRENCIES) IS_CURRENCY[currencyPlace(Buffer.from(code), 0)] = 1;

const endOfCurrency = (bytes: Uint8Array, at: number): number => {
  const isWord = bytes[at] === QUOTE && bytes[at + 4] === QUOTE;
  const isLetters = isCapital(bytes[at + 1]) && isCapital(bytes[at + 2]) && isCapital(bytes[at + 3]);
  return isWord && isLetters && IS_CURRENCY[currencyPlace(bytes, at + 1)] === 1 ? at + 5 : NOT_PLAIN;
};

const endOfTime = (bytes: Uint8Array, at: number, rows: Rows, number: number): number => {
  const end = endOfDigits(bytes, at);
  if (end === NOT_PLAIN) return NOT_PLAIN;
  const ms = numberIn(bytes, at, end);
  rows.numbers[rows.count * ROW_NUMBERS + number] = ms;
  return ms < MAX_TIME ? end : NOT_PLAIN;
};

const endOfFlag = (bytes: Uint8Array, at: number, rows: Rows, flag: number): number => {
  const end = endOfBoolean(bytes, at);
  // "true" is the shorter one.
  if (end - at === 4) setFlag(rows, flag);
  return end;
};

const setFlag = (rows: Rows, flag: number): void => {
  const place = rows.count * ROW_INTS + INT.flags;
  rows.ints[place] = (rows.ints[place] ?? 0) | flag;
};

const endOfRevision = (bytes: Uint8Array, at: number, rows: Rows): number => {
  const end = endOfDigits(bytes, at);
  if (end === NOT_PLAIN) return NOT_PLAIN;
  const revision = numberIn(bytes, at, end);
  rows.ints[rows.count * ROW_INTS + INT.revision] = revision;
  return revision <= MAX_REVISION ? end : NOT_PLAIN;
};

const endOfSource = (bytes: Uint8Array, at: number, rows: Rows): number => {
  const end = endOfWord(SOURCE_WORDS, bytes, at);
  if (end !== NOT_PLAIN) setFlag(rows, wordAt(SOURCE_WORDS, bytes, at + 1, end - 1) << SOURCE_SHIFT);
  return end;
};

/** The place after a field's value, which is noted where it is no text. */
const endOfValue = (field: number, bytes: Uint8Array, at: number, rows: Rows, met: Met): number => {
  switch (field) {
    case FIELD.event_id:
    case FIELD.store_id:
      return endOfShortId(bytes, at);
    case FIELD.visitor_id:
    case FIELD.session_id:
    case FIELD.cart_id:
    case FIELD.order_id:
    case FIELD.refund_id:
      return endOfId(ASCII_STOPS, bytes, at);
    case FIELD.customer_id:
      return endOfId(OPAQUE_STOPS, bytes, at);
    case FIELD.type:
      return endOfType(bytes, at, met);
    case FIELD.occurred_at:
      return endOfTime(bytes, at, rows, NUMBER.occurred_at);
    case FIELD.sent_at:
      return endOfTime(bytes, at, rows, NUMBER.sent_at);
    case FIELD.kind:
      return endOfWord(KINDS, bytes, at);
    case FIELD.revision:
      return endOfRevision(bytes, at, rows);
    case FIELD.test:
      return endOfFlag(bytes, at, rows, FLAG.test);
    case FIELD.channel: {
      const end = bytes[at] === QUOTE ? endOfCode(bytes, at + 1) : NOT_PLAIN;
      return end === NOT_PLAIN ? NOT_PLAIN : end + 1;
    }
    case FIELD.checkout_step:
      return endOfWord(STEPS, bytes, at);
    case FIELD.currency:
      return endOfCurrency(bytes, at);
    case FIELD.items:
      setFlag(rows, FLAG.hasItems);
      return endOfItems(bytes, at, rows, met);
    case FIELD.cart_snapshot:
      return endOfFlag(bytes, at, rows, FLAG.cartSnapshot);
    case FIELD.amounts:
      return endOfAmounts(bytes, at, rows);
    case FIELD.friction:
      return endOfFriction(bytes, at, rows, met);
    case FIELD.page:
      return endOfTexts(bytes, at, PAGE, met);
    case FIELD.campaign:
      return endOfTexts(bytes, at, CAMPAIGN, met);
    case FIELD.device:
      return endOfTexts(bytes, at, DEVICE, met);
    case FIELD.consent:
      return endOfConsent(bytes, at, met);
    case FIELD.source:
      return endOfSource(bytes, at, rows);
    case FIELD.properties:
      return endOfProperties(bytes, at, met);
    default:
      return NOT_PLAIN;
  }
};

const bits = (...fields: number[]): number => fields.reduce((all, field) => all | (1 << field), 0);
/** Their spans are what stands between the quotes. */
const STRINGS = bits(
  FIELD.event_id,
  FIELD.store_id,
  FIELD.type,
  FIELD.visitor_id,
  FIELD.session_id,
  FIELD.customer_id,
  FIELD.cart_id,
  FIELD.order_id,
  FIELD.refund_id,
  FIELD.kind,
  FIELD.channel,
  FIELD.checkout_step,
  FIELD.currency,
);
/** Their spans are their JSON. */
const OBJECTS = bits(FIELD.page, FIELD.campaign, FIELD.device, FIELD.consent, FIELD.properties);

/**
 * The fields of the event in [from, end), as bits, noted in the row; NOT_PLAIN where it is not the plain JSON of fields
 * that are good each for itself.
 */
export const scanEvent = (bytes: Uint8Array, from: number, end: number, rows: Rows, met: Met): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  const base = rows.count * ROW_INTS;
  const { ints } = rows;
  let seen = 0;
  let at = from;
  do {
    const field = bytes[at + 1] === QUOTE ? fieldAt(bytes, at + 2) : -1;
    // JSON.parse keeps the last of a name that comes twice.
    if (field === -1 || (seen & (1 << field)) !== 0) return NOT_PLAIN;
    seen |= 1 << field;
    const colon = at + 3 + (NAMES[field]?.length ?? 0);
    if (bytes[colon] !== COLON) return NOT_PLAIN;
    at = endOfValue(field, bytes, colon + 1, rows, met);
    if (at === NOT_PLAIN) return NOT_PLAIN;
    if ((STRINGS & (1 << field)) !== 0) {
      ints[base + field * 2] = colon + 2;
      ints[base + field * 2 + 1] = at - 1;
    } else if ((OBJECTS & (1 << field)) !== 0) {
      ints[base + field * 2] = colon + 1;
      ints[base + field * 2 + 1] = at;
    }
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_OBJECT && at + 1 === end ? seen : NOT_PLAIN;
};
