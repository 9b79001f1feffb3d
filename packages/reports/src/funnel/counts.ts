import { z } from 'zod';
import { defineDaysQuery } from '../days/query.ts';
import { BEST_IN_PERIOD, COUNTED, firstAfter, journeyParams } from './predicates.ts';

/** Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10). */
export const QUANTILES =
  'sorted[intDiv(length(sorted) + 1, 2)] AS median, sorted[intDiv(9 * length(sorted) + 9, 10)] AS p90';

const FUNNEL = 'funnel = {funnel:String}';
const CELLS = '`cells.hit`, `cells.counted_after`, `cells.counted_before`, `cells.units`';
const ANY_CELLS = '`any_cells.bit`, `any_cells.after`, `any_cells.units`';

/** One row: `any` 0: the units whose counted chain hit just the stages in `bits`; 1: those with an event of stage `bits`. */
export const funnelCounts = defineDaysQuery(
  { name: 'funnel_counts', rollup: 'funnel', columns: `${CELLS}, ${ANY_CELLS}`, where: FUNNEL },
  (days) => `
    SELECT cell.1 AS any, cell.2 AS bits, sum(cell.3) AS units
    FROM (
      SELECT arrayJoin(arrayConcat(
        arrayMap((hit, counted_after, counted_before, n) -> (0, hit, if(${COUNTED}, n, 0)), ${CELLS}),
        arrayMap((bit, after, n) -> (1, toUInt32(bit), if(${firstAfter('after')}, n, 0)), ${ANY_CELLS}))) AS cell
      FROM ${days}
    )
    GROUP BY any, bits`,
  journeyParams,
  z.object({ any: z.coerce.number(), bits: z.coerce.number(), units: z.coerce.number() }),
);

/** One row: the times from stage `step` to the next, over the units that made it. */
export const funnelTimes = defineDaysQuery(
  {
    name: 'funnel_times',
    rollup: 'funnel',
    columns: '`ms_cells.bit`, `ms_cells.counted_after`, `ms_cells.counted_before`, `ms_cells.ms`',
    where: FUNNEL,
  },
  (days) => `
    SELECT step, ${QUANTILES} FROM (
      SELECT step, arraySort(groupArrayArray(ms)) AS sorted
      FROM ${days}
      ARRAY JOIN \`ms_cells.bit\` AS step, \`ms_cells.counted_after\` AS counted_after, \`ms_cells.counted_before\` AS counted_before, \`ms_cells.ms\` AS ms
      WHERE ${BEST_IN_PERIOD}
      GROUP BY step
    )
    WHERE notEmpty(sorted)`,
  journeyParams,
  z.object({ step: z.coerce.number(), median: z.coerce.number(), p90: z.coerce.number() }),
);

/** The stages that any event of the days has matched, bits by the version in force on the day. */
export const stagesSeen = defineDaysQuery(
  { name: 'stages_seen', rollup: 'funnel', columns: 'definition_version, `any_cells.bit`', where: FUNNEL },
  (days) => `SELECT DISTINCT definition_version, bit FROM ${days} ARRAY JOIN \`any_cells.bit\` AS bit`,
  journeyParams,
  z.object({ definition_version: z.coerce.number(), bit: z.coerce.number() }),
);
