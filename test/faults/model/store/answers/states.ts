import { allHorizons, allStates } from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import { int, text } from '../value.ts';
import { printTime } from './sets.ts';

export const STATES = [
  answer(allStates, (from) =>
    from
      .table('store_state')
      .final()
      .map((row) => ({
        store_id: text(row, 'store_id'),
        as_of: printTime(int(row, 'as_of')),
        last_event_at: printTime(int(row, 'last_event_at')),
        definition_version: int(row, 'definition_version'),
        time_zone: text(row, 'time_zone'),
        kept_from: text(row, 'kept_from'),
      })),
  ),
  answer(allHorizons, (from) => {
    const stores = Map.groupBy(from.table('retention').raw(), (row) => text(row, 'store_id'));
    return [...stores].map(([store_id, rows]) => ({
      store_id,
      removed_before: printTime(Math.max(...rows.map((row) => int(row, 'removed_before')))),
    }));
  }),
];
