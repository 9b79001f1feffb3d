import { z } from 'zod';

/** Days of several stores. */
export type DaysOfStore = { store_id: string; days: readonly string[] };

/** What tells them apart; no store_id has a space. */
export const placeName = ({ store_id, day }: { store_id: string; day: string }): string => `${store_id} ${day}`;

/** Each once. */
export const daysOf = (days: readonly { day: string }[]): string[] => [...new Set(days.map(({ day }) => day))];

/** The parameters of `inDays`. */
export const dayPlacesParams = z.object({
  stores: z.array(z.string()),
  /** The store of each day, from 1. */
  store_numbers: z.array(z.int()),
  days: z.array(z.string()),
});
type DayPlacesParams = z.output<typeof dayPlacesParams>;

/** SQL: the row is of one of the days. A subquery, because by it ClickHouse finds the days by primary key. */
export const inDays = `(store_id, day) IN (
      SELECT {stores:Array(String)}[store_number], place
      FROM (SELECT 1)
      ARRAY JOIN {store_numbers:Array(UInt32)} AS store_number, {days:Array(Date32)} AS place)`;

/** SQL: that of an array of ms, one for each of the stores, which is the row's. */
export const ofStore = (name: string): string =>
  `transform(toString(store_id), {stores:Array(String)}, {${name}:Array(Int64)}, toInt64(0))`;

export const dayPlaces = (ofStores: readonly DaysOfStore[]): DayPlacesParams => ({
  stores: ofStores.map(({ store_id }) => store_id),
  store_numbers: ofStores.flatMap(({ days }, i) => days.map(() => i + 1)),
  days: ofStores.flatMap(({ days }) => days),
});
