import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import {
  type Breakdown,
  DEFAULT_BREAKDOWN_VALUES,
  type FunnelBreakdown,
  NO_VALUE,
  OTHER_VALUES,
} from '@cartledger/funnel';
import { z } from 'zod';
import { quantileOf } from './counts.ts';
import {
  anyOf,
  COUNTED,
  COUNTS_SOMEWHERE,
  type JourneyParams,
  journeyParams,
  ROWS_OF_FUNNEL,
  reached,
} from './predicates.ts';
import { foldStages, type StepTimes, type Tally } from './stages.ts';

const NONE = `'${NO_VALUE}'`;
/** A row's values of the dimension, each once; the one that says there is none where there is none. */
const VALUES = `if(has(dimensions.name, {by:String}), arrayFilter((value, name) -> name = {by:String}, dimensions.value, dimensions.name), [${NONE}])`;
export const HAS_VALUE = `has(${VALUES}, {value:String})`;
/** Places of a row's values among those listed, each once; 0 stands for all that are not. */
export const SLOTS = `arrayDistinct(arrayMap(value -> indexOf({listed:Array(String)}, value), ${VALUES}))`;

const byParams = journeyParams.extend({ by: z.string(), stages: z.number() });

/** The values with most units at the first stage. */
const largestValues = defineQuery({
  name: 'funnel_breakdown_values',
  sql: `
    SELECT value
    FROM ${ROWS_OF_FUNNEL}
    ARRAY JOIN ${VALUES} AS value
    WHERE ${COUNTS_SOMEWHERE}
    GROUP BY value
    ORDER BY countIf(${reached('0')}) DESC, value
    LIMIT {limit:UInt32}`,
  params: byParams.extend({ limit: z.number() }),
  row: z.object({ value: z.string() }),
});

const count = z.coerce.number();

/** One row a slot: units by the stages their counted chains hit, by stage with any event, and median and p90 a step. */
const countsBySlot = defineQuery({
  name: 'funnel_breakdown_counts',
  sql: `
    SELECT slot, chains, units_any, arrayMap(sorted -> (notEmpty(sorted), ${quantileOf('sorted', 'median')}, ${quantileOf('sorted', 'p90')}), times) AS steps
    FROM (
      SELECT slot, sumMap([if(${COUNTED}, hit, 0)], [toUInt64(1)]) AS chains,
        sumForEach(arrayMap(k -> toUInt64(${anyOf('k')}), range({stages:UInt8}))) AS units_any,
        arrayMap(times -> arraySort(times), groupArrayForEach(if(${COUNTED}, ms_to_next, []))) AS times
      FROM ${ROWS_OF_FUNNEL}
      ARRAY JOIN ${SLOTS} AS slot
      GROUP BY slot
    )`,
  params: byParams.extend({ listed: z.array(z.string()) }),
  row: z.object({
    slot: count,
    chains: z.tuple([z.array(count), z.array(count)]),
    units_any: z.array(count),
    steps: z.array(z.tuple([z.coerce.boolean(), count, count])),
  }),
});

/** The values a breakdown lists, and whether there are more. */
export const listedValues = async (
  clickhouse: ClickHouse,
  params: JourneyParams & { by: Breakdown; stages: number },
  limit: number = DEFAULT_BREAKDOWN_VALUES,
): Promise<{ listed: string[]; more: boolean }> => {
  const rows = await clickhouse.query(largestValues, { ...params, limit: limit + 1 });
  return { listed: rows.slice(0, limit).map(({ value }) => value), more: rows.length > limit };
};

const overlaps = (by: Breakdown): boolean => by === 'product' || by === 'category';

/** What is counted under each listed value (from 1) and under all others together (0). */
export const foldBreakdown = (
  { by, listed, more }: { by: Breakdown; listed: readonly string[]; more: boolean },
  stages: readonly string[],
  counted: { tallies: readonly (Tally & { slot: number })[]; times: readonly (StepTimes & { slot: number })[] },
): FunnelBreakdown => {
  const inSlot = (slot: number) =>
    foldStages(
      stages,
      counted.tallies.filter((tally) => tally.slot === slot),
      counted.times.filter((time) => time.slot === slot),
    );
  const values = listed.map((value, i) => ({ value, stages: inSlot(i + 1) }));
  if (more) values.push({ value: OTHER_VALUES, stages: inSlot(0) });
  return { by, overlapping: overlaps(by), values };
};

/** The funnel by the value its chains start with. */
export const readBreakdown = async (
  clickhouse: ClickHouse,
  params: JourneyParams,
  { by, stages, limit }: { by: Breakdown; stages: readonly string[]; limit: number | undefined },
): Promise<FunnelBreakdown> => {
  const { listed, more } = await listedValues(clickhouse, { ...params, by, stages: stages.length }, limit);
  const slots = await clickhouse.query(countsBySlot, { ...params, by, listed, stages: stages.length });
  const tallies = slots.flatMap(({ slot, chains: [bits, units], units_any }) => [
    { slot, bits: 0, units: 0, units_any },
    ...bits.map((hit, i) => ({ slot, bits: hit, units: units[i] ?? 0, units_any: [] })),
  ]);
  const times = slots.flatMap(({ slot, steps }) =>
    steps.flatMap(([timed, median, p90], step) => (timed ? [{ slot, step, median, p90 }] : [])),
  );
  return foldBreakdown({ by, listed, more }, stages, { tallies, times });
};
