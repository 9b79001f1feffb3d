import { forgottenStores, lastEvent } from '@cartledger/aggregator/testing';
import { visitorsFrom } from '@cartledger/history';
import { answer } from '../answer.ts';
import { big, int, type Row, text } from '../value.ts';
import { ascending, ofStore } from './sets.ts';

const batchOf = (row: Row): string => text(row, 'batch_id');
const visitorOf = (row: Row): string => `${text(row, 'store_id')} ${big(row, 'visitor_hash')}`;

export const REBUILD = [
  answer(lastEvent, (from, { store_id }) => {
    const times = from
      .table('events')
      .final()
      .filter(ofStore(store_id))
      .map((row) => int(row, 'event_time'));
    return [{ at: `${times.reduce((a, b) => Math.max(a, b), 0)}` }];
  }),
  answer(visitorsFrom, (from, { store_id, from: first, limit }) => {
    const visitors = from
      .table('events')
      .raw()
      .filter(ofStore(store_id))
      .map((row) => big(row, 'visitor_hash'));
    return ascending(visitors.filter((visitor) => visitor >= first))
      .slice(0, limit)
      .map((visitor) => ({ visitor_hash: `${visitor}` }));
  }),
  answer(forgottenStores, (from, { stores, before }) => {
    const done = new Set(from.table('touched_batches_done').raw().map(batchOf));
    const touches = from.table('touches').raw();
    const pending = new Set(touches.filter((row) => !done.has(batchOf(row))).map(visitorOf));
    const known = new Set(touches.map(visitorOf));
    const forgotten = from
      .table('events')
      .raw()
      .filter((row) => stores.includes(text(row, 'store_id')) && !pending.has(visitorOf(row)))
      .filter((row) => int(row, 'received_at') < before || known.has(visitorOf(row)));
    return [...new Set(forgotten.map((row) => text(row, 'store_id')))].map((store_id) => ({ store_id }));
  }),
];
