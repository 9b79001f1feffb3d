import type { ReadDays } from '../days/query.ts';
import { earlier, firstOpenDay } from '../open-from.ts';
import type { ReportQuery } from '../query.ts';
import { type CartCell, firstUnsettledDay } from './cells.ts';
import type { CartParams } from './predicates.ts';

/** The first day of the period with a cart not ordered whose recovery window is not over at T, or that has not ended. */
export const firstOpenCartDay = async (
  days: ReadDays,
  query: ReportQuery,
  params: CartParams,
): Promise<string | null> => {
  const [row] = await days(firstUnsettledDay, params);
  return earlier(row?.first_day ?? null, firstOpenDay(query, params.as_of, 0));
};

/** The same from the cells that a report has read anyway. */
export const openDayOfCells = (cells: readonly CartCell[], query: ReportQuery, asOf: number): string | null =>
  cells.reduce((day, cell) => earlier(day, cell.unsettled_day), firstOpenDay(query, asOf, 0));
