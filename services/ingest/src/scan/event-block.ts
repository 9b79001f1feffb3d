/**
 * Rows as a block of table `events`. A tile of rows at a time, and in it column by column: loops short enough for the
 * engine to inline what they call, over rows few enough to stay in the processor's cache.
 */
import {
  type ArrayColumn,
  type Block,
  createBlockEncoder,
  type FixedColumn,
  type NullableColumn,
  type StringColumn,
} from '@cartledger/clickhouse';
import { AMOUNT_FIELDS, SOURCES } from '@cartledger/events';
import { EVENT_COLUMNS } from '../event-row.ts';
import { toWords } from './bytes.ts';
import {
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

/** Appends the rows order[from] to order[to - 1] to its column. */
type Fill = (rows: Rows, order: Int32Array, from: number, to: number) => void;

const NOTHING = Buffer.alloc(0);

const sourceOf = (rows: Rows, base: number): Uint8Array => rows.sources[rows.ints[base + INT.source] ?? 0] ?? NOTHING;

const texts =
  (column: StringColumn, place: number): Fill =>
  (rows, order, from, to) => {
    const { ints } = rows;
    for (let at = from; at < to; at += 1) {
      const base = (order[at] ?? 0) * ROW_INTS;
      const start = ints[base + place] ?? 0;
      const end = ints[base + place + 1] ?? 0;
      if (start === end) column.appendDefault();
      else column.appendBytes(sourceOf(rows, base), start, end);
    }
  };

const hashes =
  (column: FixedColumn, hash: number): Fill =>
  (rows, order, from, to) => {
    const { hashWords } = rows;
    for (let at = from; at < to; at += 1) {
      const low = ((order[at] ?? 0) * ROW_HASHES + hash) * 2;
      column.appendLowHigh(hashWords[low] ?? 0, hashWords[low + 1] ?? 0);
    }
  };

const TWO_32 = 2 ** 32;

/** The larger is the kept delivery: the complements of received_at and, below it, of the payload's hash. */
const versions =
  (column: FixedColumn): Fill =>
  ({ hashWords, numbers }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      const row = order[at] ?? 0;
      const low = (row * ROW_HASHES + HASH.payload) * 2;
      const received_at = numbers[row * ROW_NUMBERS + NUMBER.received_at] ?? 0;
      const upper = Math.floor(received_at / TWO_32);
      column.appendLowHigh(~(hashWords[low] ?? 0), ~(hashWords[low + 1] ?? 0));
      column.appendLowHigh(~(received_at - upper * TWO_32), ~upper);
    }
  };

const numbersAt =
  (column: FixedColumn, place: number): Fill =>
  ({ numbers }, order, from, to) => {
    for (let at = from; at < to; at += 1) column.appendNumber(numbers[(order[at] ?? 0) * ROW_NUMBERS + place] ?? 0);
  };

/** NULL for what was not sent: NaN or negative. */
const numbersOrNull =
  (column: NullableColumn<FixedColumn>, place: number): Fill =>
  ({ numbers }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      const number = numbers[(order[at] ?? 0) * ROW_NUMBERS + place] ?? -1;
      if (number >= 0) column.present().appendNumber(number);
      else column.appendNull();
    }
  };

const flags =
  (column: FixedColumn, flag: number): Fill =>
  ({ ints }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      column.appendByte(((ints[(order[at] ?? 0) * ROW_INTS + INT.flags] ?? 0) & flag) === 0 ? 0 : 1);
    }
  };

const revisions =
  (column: FixedColumn): Fill =>
  ({ ints }, order, from, to) => {
    for (let at = from; at < to; at += 1) column.appendUint32(ints[(order[at] ?? 0) * ROW_INTS + INT.revision] ?? 0);
  };

const SOURCE_WORDS = toWords(SOURCES);

const eventSources =
  (column: StringColumn): Fill =>
  ({ ints }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      const source = (ints[(order[at] ?? 0) * ROW_INTS + INT.flags] ?? 0) >> SOURCE_SHIFT;
      const word = SOURCE_WORDS[source] ?? NOTHING;
      column.appendBytes(word, 0, word.length);
    }
  };

// The three that follow walk over items alike, each by itself: one walk calling what differs would be a call an item.
const itemTexts =
  (column: ArrayColumn<StringColumn>, place: number): Fill =>
  (rows, order, from, to) => {
    const { ints, itemInts } = rows;
    for (let at = from; at < to; at += 1) {
      const base = (order[at] ?? 0) * ROW_INTS;
      const count = ints[base + INT.items] ?? 0;
      const first = ints[base + INT.firstItem] ?? 0;
      for (let item = first; item < first + count; item += 1) {
        const span = item * ITEM_INTS + place;
        column.inner.appendBytes(sourceOf(rows, base), itemInts[span] ?? 0, itemInts[span + 1] ?? 0);
      }
      column.endRow(count);
    }
  };

const quantities =
  (column: ArrayColumn<FixedColumn>): Fill =>
  ({ ints, itemInts }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      const base = (order[at] ?? 0) * ROW_INTS;
      const count = ints[base + INT.items] ?? 0;
      const first = ints[base + INT.firstItem] ?? 0;
      for (let item = first; item < first + count; item += 1) {
        column.inner.appendUint32(itemInts[item * ITEM_INTS + ITEM.quantity] ?? 0);
      }
      column.endRow(count);
    }
  };

const unitPrices =
  (column: ArrayColumn<NullableColumn<FixedColumn>>): Fill =>
  ({ ints, prices }, order, from, to) => {
    for (let at = from; at < to; at += 1) {
      const base = (order[at] ?? 0) * ROW_INTS;
      const count = ints[base + INT.items] ?? 0;
      const first = ints[base + INT.firstItem] ?? 0;
      for (let item = first; item < first + count; item += 1) {
        const price = prices[item] ?? NO_PRICE;
        if (price === NO_PRICE) column.inner.appendNull();
        else column.inner.present().appendNumber(price);
      }
      column.endRow(count);
    }
  };

const ROWS_A_TILE = 256;
/** Tiles encoded before other work, heartbeats among it, gets its turn. */
const TILES_A_TURN = 16;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Columns whose texts are fields of the same name. */
type TextField = Extract<
  Extract<(typeof EVENT_COLUMNS)[number], { type: 'String' | 'LowCardinality(String)' }>['name'],
  Field
>;

export type EventBlocks = {
  /** The block of these rows, valid until the next one is encoded. */
  encode(rows: Rows, order: Int32Array, topicEpoch: string, partition: number): Promise<Block>;
};

export const createEventBlocks = (): EventBlocks => {
  const encoder = createBlockEncoder(EVENT_COLUMNS);
  let epoch = NOTHING;
  let logPartition = 0;
  const epochs: Fill = (_rows, _order, from, to) => {
    const column = encoder.column('log_epoch');
    for (let at = from; at < to; at += 1) column.appendBytes(epoch, 0, epoch.length);
  };
  const partitions: Fill = (_rows, _order, from, to) => {
    const column = encoder.column('log_partition');
    for (let at = from; at < to; at += 1) column.appendUint32(logPartition);
  };

  const text = (name: TextField): Fill => texts(encoder.column(name), FIELD[name] * 2);
  const fills: readonly Fill[] = [
    text('store_id'),
    hashes(encoder.column('visitor_hash'), HASH.visitor),
    hashes(encoder.column('event_hash'), HASH.event),
    versions(encoder.column('version')),
    text('event_id'),
    text('type'),
    numbersAt(encoder.column('event_time'), NUMBER.event_time),
    numbersAt(encoder.column('occurred_at'), NUMBER.occurred_at),
    numbersOrNull(encoder.column('sent_at'), NUMBER.sent_at),
    numbersAt(encoder.column('received_at'), NUMBER.received_at),
    hashes(encoder.column('payload_hash'), HASH.payload),
    text('visitor_id'),
    text('session_id'),
    text('customer_id'),
    text('cart_id'),
    text('order_id'),
    text('refund_id'),
    text('kind'),
    revisions(encoder.column('revision')),
    flags(encoder.column('test'), FLAG.test),
    text('channel'),
    text('checkout_step'),
    text('currency'),
    flags(encoder.column('has_items'), FLAG.hasItems),
    flags(encoder.column('cart_snapshot'), FLAG.cartSnapshot),
    itemTexts(encoder.column('items.product_id'), ITEM.product_id),
    itemTexts(encoder.column('items.variant_id'), ITEM.variant_id),
    itemTexts(encoder.column('items.name'), ITEM.name),
    itemTexts(encoder.column('items.category'), ITEM.category),
    quantities(encoder.column('items.quantity')),
    unitPrices(encoder.column('items.unit_price')),
    ...AMOUNT_FIELDS.map((field, i) => numbersOrNull(encoder.column(`amount_${field}`), NUMBER.amounts + i)),
    texts(encoder.column('friction_code'), FIELD.friction * 2),
    texts(encoder.column('friction_message'), INT.messageStart),
    text('page'),
    text('campaign'),
    text('device'),
    text('consent'),
    eventSources(encoder.column('source')),
    text('properties'),
    epochs,
    partitions,
    numbersAt(encoder.column('log_offset'), NUMBER.offset),
  ];

  return {
    encode: async (rows, order, topicEpoch, partition) => {
      epoch = Buffer.from(topicEpoch);
      logPartition = partition;
      encoder.clear();
      for (let from = 0; from < order.length; from += ROWS_A_TILE) {
        if ((from / ROWS_A_TILE) % TILES_A_TURN === TILES_A_TURN - 1) await turn();
        const to = Math.min(from + ROWS_A_TILE, order.length);
        for (const fill of fills) fill(rows, order, from, to);
      }
      encoder.addRows(order.length);
      return encoder.finish();
    },
  };
};
