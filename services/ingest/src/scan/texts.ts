/**
 * Objects of texts (`page`, `campaign`, `device`) and of booleans (`consent`) whose bytes are what JSON.stringify would
 * write of the parsed event: known names only, each once at most, in the parser's order, no blanks, no escapes. So the
 * bytes themselves go into the store.
 */
import { CAMPAIGN_FIELDS, CONSENT_FIELDS, DEVICE_FIELDS, PAGE_FIELDS } from '@cartledger/events';
import {
  CLOSE_OBJECT,
  COMMA,
  endOfBoolean,
  endOfText,
  type Met,
  NOT_PLAIN,
  nameAt,
  OPEN_OBJECT,
  QUOTE,
  toWords,
  type Words,
} from './bytes.ts';

export const PAGE = toWords(PAGE_FIELDS);
export const CAMPAIGN = toWords(CAMPAIGN_FIELDS);
export const DEVICE = toWords(DEVICE_FIELDS);
const CONSENT = toWords(CONSENT_FIELDS);

type EndOfValue = (bytes: Uint8Array, at: number, met: Met) => number;

const endOfTextValue: EndOfValue = (bytes, at, met) => {
  if (bytes[at] !== QUOTE) return NOT_PLAIN;
  const end = endOfText(bytes, at + 1, met);
  return end === NOT_PLAIN ? NOT_PLAIN : end + 1;
};

const endOfNamed = (bytes: Uint8Array, from: number, names: Words, endOfValue: EndOfValue, met: Met): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  if (bytes[from + 1] === CLOSE_OBJECT) return from + 2;
  let at = from;
  let next = 0;
  do {
    const index = nameAt(names, next, bytes, at + 1);
    if (index === -1) return NOT_PLAIN;
    next = index + 1;
    at = endOfValue(bytes, at + 4 + (names[index]?.length ?? 0), met);
    if (at === NOT_PLAIN) return NOT_PLAIN;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_OBJECT ? at + 1 : NOT_PLAIN;
};

export const endOfTexts = (bytes: Uint8Array, from: number, names: Words, met: Met): number =>
  endOfNamed(bytes, from, names, endOfTextValue, met);

export const endOfConsent = (bytes: Uint8Array, from: number, met: Met): number =>
  endOfNamed(bytes, from, CONSENT, endOfBoolean, met);
