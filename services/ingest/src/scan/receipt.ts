/** What a record's headers say of its delivery, read from their bytes (Kafka's record format v2, as Records have them). */
import { IMPORT_HEADER, JUNK_IDS_HEADER, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { MAX_TIME } from '@cartledger/events';
import type { Receipt } from '../receipt.ts';
import { isSame, NINE, numberIn, ZERO } from './bytes.ts';

const RECEIVED_AT = Buffer.from(RECEIVED_AT_HEADER);
const JUNK_IDS = Buffer.from(JUNK_IDS_HEADER);
const IMPORT = Buffer.from(IMPORT_HEADER);
const MAX_TIME_DIGITS = 13;
const MAX_JUNK_DIGITS = 3;
const ONE = ZERO + 1;

/** A zigzag varint of one byte, -1 for any other: no count and no length of ours needs two. */
const shortVarint = (byte: number): number => (byte < 0x80 && (byte & 1) === 0 ? byte >> 1 : -1);

const isDecimal = (bytes: Uint8Array, from: number, end: number, maxDigits: number): boolean => {
  if (end <= from || end - from > maxDigits) return false;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return false;
  }
  return true;
};

/**
 * Reads the headers of [from, end) into `receipt`, whose `received_at` is the record's own timestamp before. False, and
 * nothing said, when they are not plainly ours: another may stand among them, but none of ours twice or with a value
 * that we would not write.
 */
export const scanReceipt = (bytes: Uint8Array, from: number, end: number, receipt: Receipt): boolean => {
  let left = shortVarint(bytes[from] ?? 0);
  let at = from + 1;
  let isStamped = false;
  receipt.imported = false;
  receipt.junkIds = 0;
  for (; left > 0; left -= 1) {
    const name = at + 1;
    const nameEnd = name + shortVarint(bytes[at] ?? 0);
    const value = nameEnd + 1;
    const valueEnd = value + shortVarint(bytes[nameEnd] ?? 0);
    if (nameEnd < name || valueEnd < value || valueEnd > end) return false;
    if (isSame(bytes, name, nameEnd, RECEIVED_AT)) {
      if (isStamped || !isDecimal(bytes, value, valueEnd, MAX_TIME_DIGITS)) return false;
      isStamped = true;
      receipt.received_at = numberIn(bytes, value, valueEnd);
    } else if (isSame(bytes, name, nameEnd, JUNK_IDS)) {
      if (receipt.junkIds > 0 || !isDecimal(bytes, value, valueEnd, MAX_JUNK_DIGITS)) return false;
      receipt.junkIds = numberIn(bytes, value, valueEnd);
    } else if (isSame(bytes, name, nameEnd, IMPORT)) {
      if (receipt.imported || valueEnd !== value + 1 || bytes[value] !== ONE) return false;
      receipt.imported = true;
    }
    at = valueEnd;
  }
  return left === 0 && receipt.received_at >= 0 && receipt.received_at < MAX_TIME;
};
