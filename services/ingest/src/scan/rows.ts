/**
 * The events of one batch, a row each, as numbers in typed arrays: no object, no string and no copy of a text is made
 * of an event between the log's bytes and the store's columns. Both ways in, the scanner's and the slow one's, fill the
 * same rows; everything after them reads nothing else.
 *
 * - `ints` has ROW_INTS numbers a row. Field number f of FIELDS, where it is a text, lies in [ints[2f], ints[2f + 1]) of
 *   the row's source, one of `sources`; the same place twice is an absent or empty one. INT names the others.
 * - `numbers` has ROW_NUMBERS a row, NUMBER names them. `hashes` has three, HASH names them; `hashWords` is the same
 *   memory as 32-bit words, the lower one first.
 * - Lines of events: ITEM_INTS numbers each in `itemInts`, and a price each in `prices`.
 */

/** The fields of an event on the wire; a field's number is also its bit where a scanner notes what it has seen. */
export const FIELDS = [
  'event_id',
  'store_id',
  'type',
  'occurred_at',
  'sent_at',
  'visitor_id',
  'session_id',
  'customer_id',
  'cart_id',
  'order_id',
  'refund_id',
  'kind',
  'revision',
  'test',
  'channel',
  'checkout_step',
  'currency',
  'items',
  'cart_snapshot',
  'amounts',
  'friction',
  'page',
  'campaign',
  'device',
  'consent',
  'source',
  'properties',
] as const;
export type Field = (typeof FIELDS)[number];

export const FIELD: Readonly<Record<Field, number>> = {
  event_id: 0,
  store_id: 1,
  type: 2,
  occurred_at: 3,
  sent_at: 4,
  visitor_id: 5,
  session_id: 6,
  customer_id: 7,
  cart_id: 8,
  order_id: 9,
  refund_id: 10,
  kind: 11,
  revision: 12,
  test: 13,
  channel: 14,
  checkout_step: 15,
  currency: 16,
  items: 17,
  cart_snapshot: 18,
  amounts: 19,
  friction: 20,
  page: 21,
  campaign: 22,
  device: 23,
  consent: 24,
  source: 25,
  properties: 26,
};

export const ROW_INTS = 64;
/** Numbers of a row beside the spans of its texts. The span of `friction` is that of its code. */
export const INT = {
  /** Index in `sources`. */
  source: 54,
  /** Index of the record in its batch. */
  record: 55,
  /** Index in `stores`. */
  store: 56,
  flags: 57,
  /** How many optional ids were junk and count as absent. */
  junkIds: 58,
  messageStart: 59,
  messageEnd: 60,
  firstItem: 61,
  items: 62,
  /** As 32 bits without sign. */
  revision: 63,
} as const;

/** Bits of INT.flags; above them the event's source, its index in SOURCES. */
export const FLAG = { hasItems: 1, cartSnapshot: 2, test: 4, imported: 8, isRefund: 16 } as const;
export const SOURCE_SHIFT = 5;

export const ROW_NUMBERS = 10;
export const NUMBER = {
  /** Times in ms UTC; `sent_at` NaN: not sent. */
  occurred_at: 0,
  sent_at: 1,
  received_at: 2,
  event_time: 3,
  /** And the four after it, in the order of AMOUNT_FIELDS; -1: not sent. */
  amounts: 4,
  /** Of the record in its partition. */
  offset: 9,
} as const;

export const ROW_HASHES = 3;
export const HASH = { visitor: 0, event: 1, payload: 2 } as const;

export const ITEM_INTS = 9;
/** The spans of four texts, then a number. */
export const ITEM = { product_id: 0, variant_id: 2, name: 4, category: 6, quantity: 8 } as const;
/** Of a line without a price. */
export const NO_PRICE = -1;

export type Rows = {
  count: number;
  ints: Int32Array;
  numbers: Float64Array;
  hashes: BigUint64Array;
  hashWords: Uint32Array;
  itemCount: number;
  itemInts: Int32Array;
  prices: Float64Array;
  /** The first is for texts that do not lie in the log's own bytes. */
  sources: Uint8Array[];
  stores: string[];
  /** By row: the paths of junk ids, where ingest itself has found some. */
  junk: Map<number, readonly string[]>;
};

/** Rows, all or some, by their numbers in the order of the table's key. */
export type RowSet = { rows: Rows; order: Int32Array };

const FIRST_ROWS = 256;
const NO_TEXTS = Buffer.alloc(0);

const hashesFor = (rows: number): Pick<Rows, 'hashes' | 'hashWords'> => {
  const hashes = new BigUint64Array(rows * ROW_HASHES);
  return { hashes, hashWords: new Uint32Array(hashes.buffer) };
};

/** Grows to the size of the batches it has to hold and stays so: keep it. */
export const createRows = (): Rows => ({
  count: 0,
  ints: new Int32Array(FIRST_ROWS * ROW_INTS),
  numbers: new Float64Array(FIRST_ROWS * ROW_NUMBERS),
  ...hashesFor(FIRST_ROWS),
  itemCount: 0,
  itemInts: new Int32Array(FIRST_ROWS * ITEM_INTS),
  prices: new Float64Array(FIRST_ROWS),
  sources: [NO_TEXTS],
  stores: [],
  junk: new Map(),
});

/** Forgets the batch, also the memory of the log that it held. */
export const clearRows = (rows: Rows): void => {
  rows.count = 0;
  rows.itemCount = 0;
  rows.sources = [NO_TEXTS];
  rows.stores = [];
  rows.junk.clear();
};

const growRows = (rows: Rows): void => {
  const { ints, numbers, hashes } = rows;
  const capacity = (ints.length / ROW_INTS) * 2;
  rows.ints = new Int32Array(capacity * ROW_INTS);
  rows.ints.set(ints);
  rows.numbers = new Float64Array(capacity * ROW_NUMBERS);
  rows.numbers.set(numbers);
  Object.assign(rows, hashesFor(capacity));
  rows.hashes.set(hashes);
};

/** Makes room for one more row and empties it; it counts when `rows.count` is raised. */
export const beginRow = (rows: Rows): void => {
  const base = rows.count * ROW_INTS;
  if (base === rows.ints.length) growRows(rows);
  rows.ints.fill(0, base, base + ROW_INTS);
  const numbers = rows.count * ROW_NUMBERS;
  rows.numbers.fill(-1, numbers, numbers + ROW_NUMBERS);
};

/** Makes room for the line `index` and empties it. */
export const beginItem = (rows: Rows, index: number): void => {
  if (index === rows.prices.length) {
    const { itemInts, prices } = rows;
    rows.itemInts = new Int32Array(itemInts.length * 2);
    rows.itemInts.set(itemInts);
    rows.prices = new Float64Array(prices.length * 2);
    rows.prices.set(prices);
  }
  rows.itemInts.fill(0, index * ITEM_INTS, (index + 1) * ITEM_INTS);
  rows.prices[index] = NO_PRICE;
};
