import { lastEvent, visitorsFrom, visitorsOfStores } from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import { big, int, text } from '../value.ts';
import { ascending, ofStore } from './sets.ts';

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
  answer(visitorsOfStores, (from, { stores }) => {
    const rows = from
      .table('events')
      .raw()
      .filter((row) => stores.includes(text(row, 'store_id')));
    return [...Map.groupBy(rows, (row) => text(row, 'store_id'))].map(([store_id, all]) => ({
      store_id,
      visitors: `${new Set(all.map((row) => big(row, 'visitor_hash'))).size}`,
    }));
  }),
];
