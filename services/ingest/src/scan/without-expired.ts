import type { StoreDirectory } from '../store-directory.ts';
import { INT, NUMBER, ROW_INTS, ROW_NUMBERS, type RowSet } from './rows.ts';

const DAY_MS = 86_400_000;

/** Since when a store keeps what happened, ms UTC. */
export const keptSince = (stores: Pick<StoreDirectory, 'get'>, store_id: string, now: number): number => {
  const days = stores.get(store_id)?.retentionDays ?? null;
  return days === null ? Number.NEGATIVE_INFINITY : now - days * DAY_MS;
};

/**
 * The rows of a batch without what happened longer ago than their store keeps: the same ones, where none says so. Late ones are
 * rejected before as `too_old`; what comes here is imported, or read from the log again after it was removed.
 */
export const withoutExpired = (set: RowSet, stores: Pick<StoreDirectory, 'get'>, now: number): RowSet => {
  const { rows, order } = set;
  const since = rows.stores.map((store_id) => keptSince(stores, store_id, now));
  if (since.every((at) => at === Number.NEGATIVE_INFINITY)) return set;
  const isKept = (row: number): boolean =>
    (rows.numbers[row * ROW_NUMBERS + NUMBER.event_time] ?? 0) >=
    (since[rows.ints[row * ROW_INTS + INT.store] ?? 0] ?? 0);
  return { rows, order: order.filter(isKept) };
};
