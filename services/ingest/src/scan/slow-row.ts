/** The slow way into `rows`: an event that was parsed into an object fills the row that a scanner would fill. */
import { AMOUNT_FIELDS, eventTime, type Hasher, SOURCES } from '@cartledger/events';
import type { Accepted } from '../take-in.ts';
import {
  beginItem,
  beginRow,
  FIELD,
  type Field,
  FLAG,
  HASH,
  INT,
  ITEM,
  ITEM_INTS,
  NO_PRICE,
  NUMBER,
  ROW_HASHES,
  ROW_INTS,
  ROW_NUMBERS,
  type Rows,
  SOURCE_SHIFT,
} from './rows.ts';
import { SERVER } from './source.ts';

/** Where texts lie that are in no record's bytes as the store is to have them. */
const TEXTS = 0;

const STRINGS = [
  'event_id',
  'store_id',
  'type',
  'visitor_id',
  'session_id',
  'customer_id',
  'cart_id',
  'order_id',
  'refund_id',
  'kind',
  'channel',
  'checkout_step',
  'currency',
] as const satisfies readonly Field[];
const OBJECTS = ['page', 'campaign', 'device', 'consent', 'properties'] as const satisfies readonly Field[];

export type SlowRows = {
  /** Takes the event of the batch's record number `record` into a row; `store` is its store's index in `rows.stores`. */
  add(accepted: Accepted, record: number, store: number): void;
  /** Another batch begins. */
  forget(): void;
};

export const createSlowRows = (rows: Rows, hasher: Hasher): SlowRows => {
  let texts = Buffer.allocUnsafeSlow(4 * 1024);
  let length = 0;

  /** Writes a text and notes its span in `numbers` at `place`. */
  const put = (numbers: Int32Array, place: number, text: string): void => {
    const most = text.length * 3;
    if (length + most > texts.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length + most, texts.length * 2));
      texts.copy(grown, 0, 0, length);
      texts = grown;
    }
    numbers[place] = length;
    length += texts.write(text, length, 'utf8');
    numbers[place + 1] = length;
  };

  const putTexts = ({ event }: Accepted, base: number): void => {
    for (const field of STRINGS) {
      const text = event[field];
      if (text !== undefined) put(rows.ints, base + FIELD[field] * 2, text);
    }
    for (const field of OBJECTS) {
      const object = event[field];
      if (object !== undefined) put(rows.ints, base + FIELD[field] * 2, JSON.stringify(object));
    }
    if (event.friction === undefined) return;
    put(rows.ints, base + FIELD.friction * 2, event.friction.code);
    put(rows.ints, base + INT.messageStart, event.friction.message ?? '');
  };

  const putItems = ({ event }: Accepted, base: number): void => {
    const items = event.items ?? [];
    rows.ints[base + INT.firstItem] = rows.itemCount;
    rows.ints[base + INT.items] = items.length;
    for (const { product_id, variant_id, name, category, quantity, unit_price } of items) {
      beginItem(rows, rows.itemCount);
      const first = rows.itemCount * ITEM_INTS;
      put(rows.itemInts, first + ITEM.product_id, product_id);
      put(rows.itemInts, first + ITEM.variant_id, variant_id ?? '');
      put(rows.itemInts, first + ITEM.name, name ?? '');
      put(rows.itemInts, first + ITEM.category, category ?? '');
      rows.itemInts[first + ITEM.quantity] = quantity;
      rows.prices[rows.itemCount] = unit_price ?? NO_PRICE;
      rows.itemCount += 1;
    }
  };

  const flagsOf = ({ event, receipt }: Accepted): number => {
    const source = event.source === undefined ? SERVER : SOURCES.indexOf(event.source);
    return (
      (event.items === undefined ? 0 : FLAG.hasItems) |
      (event.cart_snapshot === true ? FLAG.cartSnapshot : 0) |
      (event.test === true ? FLAG.test : 0) |
      (receipt.imported ? FLAG.imported : 0) |
      (event.type === 'refund' ? FLAG.isRefund : 0) |
      (source << SOURCE_SHIFT)
    );
  };

  const putNumbers = ({ event, receipt, record }: Accepted): void => {
    const { numbers } = rows;
    const base = rows.count * ROW_NUMBERS;
    const { occurred_at, sent_at } = event;
    const { received_at } = receipt;
    numbers[base + NUMBER.occurred_at] = occurred_at;
    numbers[base + NUMBER.sent_at] = sent_at ?? Number.NaN;
    numbers[base + NUMBER.received_at] = received_at;
    numbers[base + NUMBER.offset] = Number(record.offset);
    numbers[base + NUMBER.event_time] = eventTime({ occurred_at, sent_at, received_at });
    for (const [index, name] of AMOUNT_FIELDS.entries()) {
      numbers[base + NUMBER.amounts + index] = event.amounts?.[name] ?? NO_PRICE;
    }
  };

  const putHashes = ({ event, record }: Accepted): void => {
    const base = rows.count * ROW_HASHES;
    rows.hashes[base + HASH.visitor] = hasher.visitorNode(event.visitor_id);
    rows.hashes[base + HASH.event] = hasher.xxh64(event.event_id);
    rows.hashes[base + HASH.payload] = hasher.xxh64(record.value ?? '');
  };

  return {
    add: (accepted, record, store) => {
      beginRow(rows);
      const base = rows.count * ROW_INTS;
      putTexts(accepted, base);
      putItems(accepted, base);
      putNumbers(accepted);
      putHashes(accepted);
      const junkIds = accepted.junk.length + accepted.receipt.junkIds;
      rows.ints[base + INT.source] = TEXTS;
      rows.ints[base + INT.record] = record;
      rows.ints[base + INT.store] = store;
      rows.ints[base + INT.flags] = flagsOf(accepted);
      rows.ints[base + INT.junkIds] = junkIds;
      rows.ints[base + INT.revision] = accepted.event.revision ?? 0;
      if (accepted.junk.length > 0) rows.junk.set(rows.count, accepted.junk);
      rows.sources[TEXTS] = texts;
      rows.count += 1;
    },
    forget: () => {
      length = 0;
    },
  };
};
