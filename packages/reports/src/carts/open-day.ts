import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { earlier, firstOpenDay } from '../open-from.ts';
import type { ReportQuery } from '../query.ts';
import { CARTS, type CartParams, cartParams, OPENED_IN_PERIOD } from './predicates.ts';

const firstUnsettledDay = defineQuery({
  name: 'first_unsettled_cart_day',
  sql: `
    SELECT toString(minOrNull(day)) AS first_day
    FROM ${CARTS}
    WHERE ${OPENED_IN_PERIOD} AND outcome = '' AND inactive_ms < abandon_ms + recovery_ms`,
  params: cartParams,
  row: z.object({ first_day: z.string().nullable() }),
});

/** The first day of the period with a cart not ordered whose recovery window is not over at T, or that has not ended. */
export const firstOpenCartDay = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  params: CartParams,
): Promise<string | null> => {
  const [row] = await clickhouse.query(firstUnsettledDay, params);
  return earlier(row?.first_day ?? null, firstOpenDay(query, params.as_of, 0));
};
