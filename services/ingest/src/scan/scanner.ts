import { isUtf8 } from 'node:buffer';
import { packRecords, RECORD_SPAN, type Records, SPAN } from '@cartledger/event-log';
import { type Hasher, MAX_EVENT_BYTES } from '@cartledger/events';
import type { Receipt } from '../receipt.ts';
import { createMet, NOT_PLAIN } from './bytes.ts';
import { scanEvent } from './event.ts';
import type { KnownStores } from './known-stores.ts';
import { scanReceipt } from './receipt.ts';
import {
  beginRow,
  FIELD,
  FLAG,
  HASH,
  INT,
  NUMBER,
  ROW_HASHES,
  ROW_INTS,
  ROW_NUMBERS,
  type Rows,
  SOURCE_SHIFT,
} from './rows.ts';
import { keepsRules, REFUND } from './rules.ts';
import { SERVER } from './source.ts';

/**
 * The fast way of plainly good events: from a record's bytes into a row, without an object, a string or a bigint of
 * one's own. It never rejects: of whatever it is not sure it answers false, and the slow way (take-in.ts), which alone
 * knows reasons, has the word. So a gap here costs time; a wrong "good" is what scanner.test.ts looks for.
 */
export type Scanner = {
  /** The records that `scan` takes from now on. `source`: the index of their bytes in `rows.sources`. */
  begin(records: Records, source: number): void;
  /**
   * Takes the record `index` of them, the batch's number `record`, into a row. `latest`: the last moment of receipt
   * (ms UTC) that is not too far ahead.
   */
  scan(index: number, record: number, latest: number): boolean;
  /** Lets go of the records' memory. */
  forget(): void;
};

const TWO_32 = 2 ** 32;
const NO_RECORDS = packRecords([]);

export const createScanner = (rows: Rows, stores: KnownStores, hasher: Hasher): Scanner => {
  const met = createMet();
  const receipt: Receipt = { received_at: 0, imported: false, junkIds: 0 };
  let { bytes, spans, baseTimestamp } = NO_RECORDS;
  let baseOffset = 0;
  let source = 0;

  /** The event of [from, end), whose receipt is read, into the row that has begun. */
  const fill = (from: number, end: number): boolean => {
    met.beyondAscii = false;
    met.type = -1;
    met.price = false;
    rows.numbers[rows.count * ROW_NUMBERS + NUMBER.received_at] = receipt.received_at;
    const seen = scanEvent(bytes, from, end, rows, met);
    if (seen === NOT_PLAIN) return false;
    const { ints } = rows;
    const base = rows.count * ROW_INTS;
    const store = stores.find(bytes, ints[base + FIELD.store_id * 2] ?? 0, ints[base + FIELD.store_id * 2 + 1] ?? 0);
    if (store === -1) return false;
    if (!keepsRules(seen, rows, met, receipt.imported ? null : stores.maxAgeDays(store))) return false;
    // One look at the whole: texts that are no UTF-8 are not mended but refused.
    if (met.beyondAscii && !isUtf8(bytes.subarray(from, end))) return false;
    ints[base + INT.store] = store;
    ints[base + INT.junkIds] = receipt.junkIds;
    let flags = ints[base + INT.flags] ?? 0;
    if ((seen & (1 << FIELD.source)) === 0) flags |= SERVER << SOURCE_SHIFT;
    if (receipt.imported) flags |= FLAG.imported;
    if (met.type === REFUND) flags |= FLAG.isRefund;
    ints[base + INT.flags] = flags;
    return true;
  };

  const hash = (from: number, end: number): void => {
    const { ints, hashes } = rows;
    const base = rows.count * ROW_INTS;
    const visitor = base + FIELD.visitor_id * 2;
    const event = base + FIELD.event_id * 2;
    const first = rows.count * ROW_HASHES;
    hashes[first + HASH.visitor] = hasher.nodeOf('visitor', bytes, ints[visitor] ?? 0, ints[visitor + 1] ?? 0);
    hashes[first + HASH.event] = hasher.xxh64(bytes.subarray(ints[event] ?? 0, ints[event + 1] ?? 0));
    hashes[first + HASH.payload] = hasher.xxh64(bytes.subarray(from, end));
  };

  const begin: Scanner['begin'] = (records, sourceOfBytes) => {
    ({ bytes, spans, baseTimestamp } = records);
    // As long as 2^53 records of a partition are not in sight.
    baseOffset = Number(records.baseOffset);
    source = sourceOfBytes;
  };

  return {
    begin,
    forget: () => begin(NO_RECORDS, 0),
    scan: (index, record, latest) => {
      const place = index * RECORD_SPAN;
      const from = spans[place + SPAN.valueStart] ?? -1;
      const end = spans[place + SPAN.valueEnd] ?? -1;
      if (from < 0 || end - from > MAX_EVENT_BYTES) return false;
      const high = spans[place + SPAN.timestampHigh] ?? 0;
      const low = (spans[place + SPAN.timestampLow] ?? 0) >>> 0;
      receipt.received_at = baseTimestamp + high * TWO_32 + low;
      const headers = spans[place + SPAN.headersStart] ?? 0;
      if (!scanReceipt(bytes, headers, spans[place + SPAN.headersEnd] ?? 0, receipt)) return false;
      if (receipt.received_at > latest) return false;
      beginRow(rows);
      if (!fill(from, end)) return false;
      const base = rows.count * ROW_INTS;
      rows.ints[base + INT.source] = source;
      rows.ints[base + INT.record] = record;
      rows.numbers[rows.count * ROW_NUMBERS + NUMBER.offset] = baseOffset + (spans[place + SPAN.offset] ?? 0);
      hash(from, end);
      rows.itemCount += rows.ints[base + INT.items] ?? 0;
      rows.count += 1;
      return true;
    },
  };
};
