/** Ids by their bytes. */
import { EVENT_ID_PATTERN, JUNK_IDS, MAX_ID_LENGTH, MAX_SHORT_ID_LENGTH } from '@cartledger/events';
import { endOfString, NOT_PLAIN, QUOTE, type Stops, stopsOf, toWords, wordAt } from './bytes.ts';

const JUNK = toWords([...JUNK_IDS]);
const BLANK = 0x20;

/** By first byte of an id: 1 where it may be junk. What begins with a blank may be nothing but blanks. */
const JUNK_BEGINS = new Uint8Array(256);
for (const word of JUNK) JUNK_BEGINS[word[0] ?? 0] = 1;
JUNK_BEGINS[BLANK] = 1;

const mayBeJunk = (bytes: Uint8Array, from: number, end: number): boolean =>
  JUNK_BEGINS[bytes[from] ?? 0] === 1 && (bytes[from] === BLANK || wordAt(JUNK, bytes, from, end) !== -1);

const endOfGoodId = (stops: Stops, bytes: Uint8Array, at: number, maxLength: number): number => {
  if (bytes[at] !== QUOTE) return NOT_PLAIN;
  const from = at + 1;
  const end = endOfString(stops, bytes, from);
  const isGood = end > from && end - from <= maxLength && !mayBeJunk(bytes, from, end);
  return isGood ? end + 1 : NOT_PLAIN;
};

const SHORT_ID_STOPS = stopsOf(EVENT_ID_PATTERN);

/** Of the string at `at`, quotes included, where it is an id for sure: its bytes are its characters then. */
export const endOfId = (stops: Stops, bytes: Uint8Array, at: number): number =>
  endOfGoodId(stops, bytes, at, MAX_ID_LENGTH);

/** The same for `event_id`; a store's id, which allows less, is looked up among those that exist. */
export const endOfShortId = (bytes: Uint8Array, at: number): number =>
  endOfGoodId(SHORT_ID_STOPS, bytes, at, MAX_SHORT_ID_LENGTH);
