import { z } from 'zod';
import { defineDaysQuery } from '../days/query.ts';
import { BEST_IN_PERIOD, COUNTED, firstAfter, journeyParams, OF_FUNNEL } from './predicates.ts';

/** Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10). */
export const quantileOf = (sorted: string, quantile: 'median' | 'p90'): string =>
  `${sorted}[${quantile === 'median' ? `intDiv(length(${sorted}) + 1, 2)` : `intDiv(9 * length(${sorted}) + 9, 10)`}]`;
export const QUANTILES = `${quantileOf('sorted', 'median')} AS median, ${quantileOf('sorted', 'p90')} AS p90`;

const CELLS = '`cells.hit`, `cells.counted_after`, `cells.counted_before`, `cells.units`';
const ANY_CELLS = '`any_cells.bit`, `any_cells.after`, `any_cells.units`';
const MS_CELLS = '`ms_cells.bit`, `ms_cells.counted_after`, `ms_cells.counted_before`, `ms_cells.ms`';

/**
 * All of a funnel at once, because much of what a small query costs is being understood. One row: `chain`: the units whose
 * counted chain hit just the stages in `bits`; `any`: those with an event of stage `bits`; `times`: the times from stage
 * `bits` to the next, over the units that made it.
 */
export const funnelCounts = defineDaysQuery(
  { name: 'funnel_counts', rollup: 'funnel', columns: `${CELLS}, ${ANY_CELLS}, ${MS_CELLS}`, where: OF_FUNNEL },
  (days) => `
    SELECT part, bits, units, notEmpty(sorted) AS timed, ${QUANTILES}
    FROM (
      SELECT cell.1 AS part, cell.2 AS bits, sum(cell.3) AS units, arraySort(groupArrayArray(cell.4)) AS sorted
      FROM (
        SELECT arrayJoin(arrayConcat(
          arrayMap((hit, counted_after, counted_before, n) -> ('chain', hit, if(${COUNTED}, n, 0), emptyArrayInt64()), ${CELLS}),
          arrayMap((bit, after, n) -> ('any', toUInt32(bit), if(${firstAfter('after')}, n, 0), emptyArrayInt64()), ${ANY_CELLS}),
          if({with_times:Bool}, arrayMap((bit, counted_after, counted_before, ms) -> ('times', toUInt32(bit), toUInt64(0), if(${BEST_IN_PERIOD}, ms, emptyArrayInt64())),
            ${MS_CELLS}), []))) AS cell
        FROM ${days}
      )
      GROUP BY part, bits
    )`,
  journeyParams.extend({ with_times: z.boolean() }),
  z.object({
    part: z.enum(['chain', 'any', 'times']),
    bits: z.coerce.number(),
    units: z.coerce.number(),
    timed: z.coerce.boolean(),
    median: z.coerce.number(),
    p90: z.coerce.number(),
  }),
);

/** The stages that any event of the days has matched, and the last day on which: bits by the version in force on the day. */
export const stagesSeen = defineDaysQuery(
  { name: 'stages_seen', rollup: 'funnel', columns: 'day, definition_version, `any_cells.bit`', where: OF_FUNNEL },
  (days) =>
    `SELECT definition_version, bit, toString(max(day)) AS last_day FROM ${days} ARRAY JOIN \`any_cells.bit\` AS bit GROUP BY definition_version, bit`,
  journeyParams,
  z.object({ definition_version: z.coerce.number(), bit: z.coerce.number(), last_day: z.string() }),
);
