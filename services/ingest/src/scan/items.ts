/** The lines of an event, into `rows`. */
import { MAX_ITEMS, MAX_MONEY, MAX_QUANTITY } from '@cartledger/events';
import {
  ASCII_STOPS,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  endOfDigits,
  endOfText,
  type Met,
  NOT_PLAIN,
  nameAt,
  numberIn,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  toWords,
} from './bytes.ts';
import { endOfId } from './ids.ts';
import { beginItem, INT, ITEM, ITEM_INTS, NO_PRICE, ROW_INTS, type Rows } from './rows.ts';

/** In the order of ITEM; the fifth and sixth are numbers. */
const NAMES = toWords(['product_id', 'variant_id', 'name', 'category', 'quantity', 'unit_price']);
const FIRST_TEXT = 2;
const QUANTITY = 4;
const PRICE = 5;

/** The place after the value of a line's field, which is noted. */
const endOfField = (bytes: Uint8Array, at: number, name: number, rows: Rows, item: number, met: Met): number => {
  if (name >= QUANTITY) {
    const end = endOfDigits(bytes, at);
    if (end === NOT_PLAIN) return NOT_PLAIN;
    const number = numberIn(bytes, at, end);
    if (number > (name === PRICE ? MAX_MONEY : MAX_QUANTITY)) return NOT_PLAIN;
    if (name === PRICE) rows.prices[item] = number;
    else rows.itemInts[item * ITEM_INTS + ITEM.quantity] = number;
    return end;
  }
  let end: number;
  if (name < FIRST_TEXT) end = endOfId(ASCII_STOPS, bytes, at);
  else {
    const quote = bytes[at] === QUOTE ? endOfText(bytes, at + 1, met) : NOT_PLAIN;
    end = quote === NOT_PLAIN ? NOT_PLAIN : quote + 1;
  }
  if (end === NOT_PLAIN) return NOT_PLAIN;
  const span = item * ITEM_INTS + name * 2;
  rows.itemInts[span] = at + 1;
  rows.itemInts[span + 1] = end - 1;
  return end;
};

/** Whether the line has what it needs, and no larger value than there may be. */
const isWhole = (rows: Rows, item: number): boolean => {
  const quantity = rows.itemInts[item * ITEM_INTS + ITEM.quantity] ?? 0;
  const hasProduct = (rows.itemInts[item * ITEM_INTS + 1] ?? 0) > 0;
  return hasProduct && quantity > 0 && quantity * (rows.prices[item] ?? 0) <= MAX_MONEY;
};

const endOfItem = (bytes: Uint8Array, from: number, rows: Rows, item: number, met: Met): number => {
  if (bytes[from] !== OPEN_OBJECT) return NOT_PLAIN;
  beginItem(rows, item);
  let at = from;
  let seen = 0;
  do {
    const name = nameAt(NAMES, 0, bytes, at + 1);
    if (name === -1 || (seen & (1 << name)) !== 0) return NOT_PLAIN;
    seen |= 1 << name;
    at = endOfField(bytes, at + 4 + (NAMES[name]?.length ?? 0), name, rows, item, met);
    if (at === NOT_PLAIN) return NOT_PLAIN;
  } while (bytes[at] === COMMA);
  return bytes[at] === CLOSE_OBJECT && isWhole(rows, item) ? at + 1 : NOT_PLAIN;
};

/** The lines are written from `rows.itemCount` on, which is raised when the event as a whole is good. */
export const endOfItems = (bytes: Uint8Array, from: number, rows: Rows, met: Met): number => {
  if (bytes[from] !== OPEN_LIST) return NOT_PLAIN;
  let at = from;
  let count = 0;
  if (bytes[from + 1] === CLOSE_LIST) at += 1;
  else {
    do {
      const item = rows.itemCount + count;
      at = count < MAX_ITEMS ? endOfItem(bytes, at + 1, rows, item, met) : NOT_PLAIN;
      if (at === NOT_PLAIN) return NOT_PLAIN;
      count += 1;
      if (rows.prices[item] !== NO_PRICE) met.price = true;
    } while (bytes[at] === COMMA);
  }
  const base = rows.count * ROW_INTS;
  rows.ints[base + INT.firstItem] = rows.itemCount;
  rows.ints[base + INT.items] = count;
  return bytes[at] === CLOSE_LIST ? at + 1 : NOT_PLAIN;
};
