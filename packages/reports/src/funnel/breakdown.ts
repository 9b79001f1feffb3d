import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import {
  type Breakdown,
  DEFAULT_BREAKDOWN_VALUES,
  type FunnelBreakdown,
  NO_VALUE,
  OTHER_VALUES,
} from '@cartledger/funnel';
import { z } from 'zod';
import { QUANTILES } from './counts.ts';
import {
  anyOf,
  COUNTED,
  COUNTS_SOMEWHERE,
  IN_PERIOD,
  type JourneyParams,
  journeyParams,
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
    FROM journeys
    ARRAY JOIN ${VALUES} AS value
    WHERE ${IN_PERIOD} AND ${COUNTS_SOMEWHERE}
    GROUP BY value
    ORDER BY countIf(${reached('0')}) DESC, value
    LIMIT {limit:UInt32}`,
  params: byParams.extend({ limit: z.number() }),
  row: z.object({ value: z.string() }),
});

const countsBySlot = defineQuery({
  name: 'funnel_breakdown_counts',
  sql: `
    SELECT slot, if(${COUNTED}, hit, 0) AS bits, count() AS units,
      sumForEach(arrayMap(k -> toUInt64(${anyOf('k')}), range({stages:UInt8}))) AS units_any
    FROM journeys
    ARRAY JOIN ${SLOTS} AS slot
    WHERE ${IN_PERIOD}
    GROUP BY slot, bits`,
  params: byParams.extend({ listed: z.array(z.string()) }),
  row: z.object({
    slot: z.coerce.number(),
    bits: z.coerce.number(),
    units: z.coerce.number(),
    units_any: z.array(z.coerce.number()),
  }),
});

const timesBySlot = defineQuery({
  name: 'funnel_breakdown_times',
  sql: `
    SELECT slot, step, ${QUANTILES} FROM (
      SELECT slot, n - 1 AS step, arraySort(groupArray(ms)) AS sorted
      FROM (SELECT ${SLOTS} AS slots, ms_to_next FROM journeys WHERE ${IN_PERIOD} AND ${COUNTED})
      ARRAY JOIN slots AS slot
      ARRAY JOIN ms_to_next AS ms, arrayEnumerate(ms_to_next) AS n
      GROUP BY slot, step
    )`,
  params: journeyParams.extend({ by: z.string(), listed: z.array(z.string()) }),
  row: z.object({
    slot: z.coerce.number(),
    step: z.coerce.number(),
    median: z.coerce.number(),
    p90: z.coerce.number(),
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
  const [tallies, times] = await Promise.all([
    clickhouse.query(countsBySlot, { ...params, by, listed, stages: stages.length }),
    clickhouse.query(timesBySlot, { ...params, by, listed }),
  ]);
  return foldBreakdown({ by, listed, more }, stages, { tallies, times });
};
