/** What several answers do with rows. */
import type { placesParams } from '@cartledger/history';
import type { z } from 'zod';
import { big, type Row, text } from '../value.ts';

/** Of none: 0, as max() of no numbers is. */
export const largest = (numbers: Iterable<bigint>): bigint => {
  let most = 0n;
  for (const number of numbers) if (number > most) most = number;
  return most;
};

/** SQL's `(store_id, node) IN (places)`. */
export const atPlaces = (
  { stores, store_numbers, nodes }: z.output<typeof placesParams>,
  column: 'node' | 'visitor_hash',
): ((row: Row) => boolean) => {
  const places = new Set(nodes.map((node, i) => `${stores[(store_numbers[i] ?? 0) - 1]} ${node}`));
  return (row) => places.has(`${text(row, 'store_id')} ${big(row, column)}`);
};

/** SQL's `BETWEEN`, of a column of 64 bits. */
export const between =
  (column: string, first: bigint, last: bigint) =>
  (row: Row): boolean =>
    big(row, column) >= first && big(row, column) <= last;

export const ofStore =
  (store_id: string) =>
  (row: Row): boolean =>
    text(row, 'store_id') === store_id;

/** Each once, smallest first. */
export const ascending = (numbers: Iterable<bigint>): bigint[] =>
  [...new Set(numbers)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** DateTime64(3) as JSON has it. */
export const printTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, -1);

/** SQL's `(store_id, day) IN (places)`. */
export const inDays = ({
  stores,
  store_numbers,
  days,
}: {
  stores: readonly string[];
  store_numbers: readonly number[];
  days: readonly string[];
}): ((row: Row) => boolean) => {
  const places = new Set(days.map((day, i) => `${stores[(store_numbers[i] ?? 0) - 1]} ${day}`));
  return (row) => places.has(`${text(row, 'store_id')} ${text(row, 'day')}`);
};
