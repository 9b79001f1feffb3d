import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { anyOf, COUNTED, IN_PERIOD, journeyParams } from './predicates.ts';

/** One row: the units whose counted chain hit just these stages (bits 0: no counted chain), and at each stage those with an event of it. */
export const funnelCounts = defineQuery({
  name: 'funnel_counts',
  sql: `
    SELECT if(${COUNTED}, hit, 0) AS bits, count() AS units,
      sumForEach(arrayMap(k -> toUInt64(${anyOf('k')}), range({stages:UInt8}))) AS units_any
    FROM journeys
    WHERE ${IN_PERIOD}
    GROUP BY bits`,
  params: journeyParams.extend({ stages: z.number() }),
  row: z.object({
    bits: z.coerce.number(),
    units: z.coerce.number(),
    units_any: z.array(z.coerce.number()),
  }),
});
