import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { COUNTED, IN_PERIOD, journeyParams } from './predicates.ts';

/** Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10). */
export const QUANTILES =
  'arraySort(groupArray(ms)) AS sorted, sorted[intDiv(length(sorted) + 1, 2)] AS median, sorted[intDiv(9 * length(sorted) + 9, 10)] AS p90';

/** One row: the times from stage `step` to the next, over the units that made it. */
export const funnelTimes = defineQuery({
  name: 'funnel_times',
  sql: `
    SELECT step, median, p90 FROM (
      SELECT n - 1 AS step, ${QUANTILES}
      FROM journeys
      ARRAY JOIN ms_to_next AS ms, arrayEnumerate(ms_to_next) AS n
      WHERE ${IN_PERIOD} AND ${COUNTED}
      GROUP BY step
    )`,
  params: journeyParams,
  row: z.object({ step: z.coerce.number(), median: z.coerce.number(), p90: z.coerce.number() }),
});
