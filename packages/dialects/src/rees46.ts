/**
 * The REES46 data set (eCommerce behavior data, CSV): view, cart, remove_from_cart and purchase rows of a shop.
 *
 * Ids come from the rows, so importing a file twice, or a row that stands in it twice, changes nothing. Purchase
 * rows of one user, session and second are the lines of one order, wherever they stand among the rows of that
 * second; a row that repeats exactly is one line. An order is told as soon as a row of another second comes, so
 * memory holds no more than a second. Where a file is not sorted by time, a later part of an order becomes another
 * telling of it: the order id is the same, the event id has its lines in it, and `revision` is the number of lines
 * less one, so that of several tellings the fullest one counts and the others show as conflicts. Sort such a file
 * by event_time to have all lines.
 */
import { createHash } from 'node:crypto';
import { currencyExponent, type Item, MAX_EVENT_BYTES, type StoreEvent } from '@cartledger/events';
import { type Converted, type DialectOptions, unconverted } from './converted.ts';
import { readLines } from './lines.ts';
import { createRowReader, type Row, type RowReader } from './rees46-row.ts';

const DEFAULT_CURRENCY = 'USD';

/** 128 bits over strings that cannot run into one another. */
const idOf = (...parts: readonly string[]): string =>
  `rees46:${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;

const itemOf = (row: Row): Item => ({
  product_id: row.product_id,
  ...(row.category_code === '' ? {} : { category: row.category_code }),
  quantity: 1,
  ...(row.price === null ? {} : { unit_price: row.price }),
});

/** The rows of one user, session and second that were bought, without repetitions. */
type Purchase = { line: number; rows: Map<string, Row>; first: Row };

/** Stamped with the event's own time: of what the file repeats, no copy came earlier. */
type Imported = StoreEvent & { received_at: number };

const baseOf = (row: Row, event_id: string, store_id: string, currency: string) => ({
  event_id,
  store_id,
  type: row.type,
  occurred_at: row.time,
  received_at: row.time,
  visitor_id: row.user_id,
  ...(row.user_session === '' ? {} : { session_id: row.user_session }),
  source: 'import' as const,
  currency,
});

const eventOfRow = (row: Row, store_id: string, currency: string): Imported => ({
  ...baseOf(row, idOf(...row.values), store_id, currency),
  items: [itemOf(row)],
  properties: { category_id: row.category_id, ...(row.brand === '' ? {} : { brand: row.brand }) },
});

const purchaseKey = (row: Row): string[] => [row.user_id, row.user_session, String(row.time)];

const eventOfPurchase = ({ rows, first }: Purchase, store_id: string, currency: string): Imported => {
  const ids = [...rows.keys()].sort((a, b) => (a < b ? -1 : 1));
  const lines = [...rows.values()];
  return {
    ...baseOf(first, idOf('purchase', ...purchaseKey(first), ...ids), store_id, currency),
    order_id: idOf('order', ...purchaseKey(first)),
    ...(lines.length === 1 ? {} : { revision: lines.length - 1 }),
    items: lines.map(itemOf),
    amounts: { total: lines.reduce((sum, row) => sum + (row.price ?? 0), 0) },
  };
};

/** Purchases of the second that is being read. */
const createPurchases = (store_id: string, currency: string) => {
  const open = new Map<string, Purchase>();
  return {
    add(row: Row, line: number): void {
      const key = JSON.stringify(purchaseKey(row));
      const purchase = open.get(key) ?? { line, rows: new Map(), first: row };
      purchase.rows.set(idOf(...row.values), row);
      open.set(key, purchase);
    },
    *flush(): Generator<Converted> {
      for (const purchase of open.values()) {
        yield { ok: true, event: eventOfPurchase(purchase, store_id, currency), line: purchase.line };
      }
      open.clear();
    },
  };
};

/** Throws for a currency that is none; whatever is wrong with a row is answered with its line. */
export async function* rees46(input: AsyncIterable<Uint8Array>, options: DialectOptions): AsyncGenerator<Converted> {
  const { store_id, currency = DEFAULT_CURRENCY } = options;
  const exponent = currencyExponent(currency);
  if (exponent === undefined) throw new RangeError(`currency ${currency} is no ISO 4217 code; give one such as USD`);

  const purchases = createPurchases(store_id, currency);
  let readRow: RowReader | null = null;
  let second = Number.NaN;
  for await (const line of readLines(input, MAX_EVENT_BYTES)) {
    if (!line.ok) {
      yield unconverted(line.number, line.problem, line.problem === 'too_large' ? 'is too long' : 'is not UTF-8');
      continue;
    }
    if (line.text === '') continue;
    if (readRow === null) {
      const reader = createRowReader(line.text, exponent);
      if (typeof reader !== 'function') {
        yield unconverted(line.number, reader.reason, reader.message);
        return;
      }
      readRow = reader;
      continue;
    }
    const row = readRow(line.text);
    if ('reason' in row) {
      yield unconverted(line.number, row.reason, row.message);
      continue;
    }
    if (row.time !== second) yield* purchases.flush();
    second = row.time;
    if (row.type === 'purchase') purchases.add(row, line.number);
    else yield { ok: true, event: eventOfRow(row, store_id, currency), line: line.number };
  }
  yield* purchases.flush();
}
