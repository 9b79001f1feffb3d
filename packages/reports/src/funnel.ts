import type { ClickHouse } from '@cartledger/clickhouse';
import { defineQuery } from '@cartledger/clickhouse';
import type { Definition, Funnel, FunnelStage } from '@cartledger/funnel';
import { funnelKey } from '@cartledger/funnel';
import { z } from 'zod';
import { rate } from './arithmetic.ts';

/**
 * A period counts each unit once, at its furthest row (the highest bit of `hit`), ties to the earliest day.
 * Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10).
 */
const funnelStages = defineQuery({
  name: 'funnel_stages',
  sql: `
    WITH chosen AS (
      SELECT
        argMaxIf((hit, ms_to_next), (arrayMax(bitPositionsToArray(hit)), -toInt32(day)), hit > 0) AS best,
        best.1 AS bits,
        best.2 AS steps,
        groupBitOr(any) AS any_bits
      FROM journeys
      WHERE store_id = {store_id:String} AND funnel = {funnel:String}
        AND day BETWEEN {from:Date32} AND {to:Date32}
      GROUP BY unit_id
    )
    SELECT
      stage,
      countIf(bitTest(bits, stage)) AS units,
      countIf(bitTest(any_bits, stage)) AS units_any,
      countIf(bitTest(bits, stage) AND bitTest(bits, stage + 1)) AS units_also_next,
      arraySort(groupArrayIf(steps[stage + 1], length(steps) > stage)) AS ms,
      if(empty(ms), NULL, ms[intDiv(length(ms) + 1, 2)]) AS median_ms,
      if(empty(ms), NULL, ms[intDiv(9 * length(ms) + 9, 10)]) AS p90_ms
    FROM chosen
    ARRAY JOIN range({stages:UInt8}) AS stage
    GROUP BY stage
    ORDER BY stage`,
  params: z.object({ store_id: z.string(), funnel: z.string(), from: z.string(), to: z.string(), stages: z.number() }),
  row: z.object({
    stage: z.coerce.number(),
    units: z.coerce.number(),
    units_any: z.coerce.number(),
    units_also_next: z.coerce.number(),
    median_ms: z.coerce.number().nullable(),
    p90_ms: z.coerce.number().nullable(),
  }),
});

/** Stages of this unit: a cart has no visits and views. */
export const stagesOf = (definition: Definition, funnel: Funnel): string[] =>
  definition.stages.filter((stage) => funnel.unit !== 'cart' || (stage !== 'visit' && stage !== 'product_view'));

export const readFunnelStages = async (
  clickhouse: ClickHouse,
  { store_id, definition, from, to }: { store_id: string; definition: Definition; from: string; to: string },
  funnel: Funnel,
): Promise<FunnelStage[]> => {
  const stages = stagesOf(definition, funnel);
  const rows = await clickhouse.query(funnelStages, {
    store_id,
    funnel: funnelKey(funnel),
    from,
    to,
    stages: stages.length,
  });
  const at = (k: number) => rows.find((row) => row.stage === k);
  const first = at(0)?.units ?? 0;
  return stages.map((stage, k) => {
    const row = at(k);
    const units = row?.units ?? 0;
    const alsoNext = row?.units_also_next ?? 0;
    const previous = at(k - 1);
    const last = k === stages.length - 1;
    return {
      stage,
      units,
      units_any: row?.units_any ?? 0,
      conversion_from_first: rate(units, first),
      conversion_from_previous: k === 0 ? null : rate(previous?.units_also_next ?? 0, previous?.units ?? 0),
      dropped: last ? 0 : units - alsoNext,
      median_ms_to_next: row?.median_ms ?? null,
      p90_ms_to_next: row?.p90_ms ?? null,
    };
  });
};
