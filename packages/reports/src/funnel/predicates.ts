/**
 * What a funnel's figures count, said once: reports count by these, explanations list by these. A row knows by itself
 * whether a period counts it (see counted_after in the ledger's rows): nothing is grouped by unit.
 */
import { z } from 'zod';

export const journeyParams = z.object({
  store_id: z.string(),
  funnel: z.string(),
  from: z.string(),
  to: z.string(),
  /** Number of the newest version whose rows are meant: the bits of a newer one are other stages. */
  newest: z.number(),
});
export type JourneyParams = z.infer<typeof journeyParams>;

/** Rows, of units or of days, of the funnel by the versions that are meant. */
export const OF_FUNNEL = 'funnel = {funnel:String} AND definition_version <= {newest:UInt32}';

/** Rows of the funnel in the period. */
export const IN_PERIOD = `store_id = {store_id:String} AND ${OF_FUNNEL} AND day BETWEEN {from:Date32} AND {to:Date32} AND NOT excluded`;

/**
 * Those rows, for queries that read all of a period's. Keys of journeys begin with the funnel, and a tombstone has its
 * unit's key: so other funnels' rows can go before FINAL merges the parts, which is most of what such a query costs.
 */
export const ROWS_OF_FUNNEL = `(
  SELECT hit, any, any_after, counted_after, counted_before, ms_to_next, dimensions.name, dimensions.value, visitor_id
  FROM ledger_rows FINAL
  PREWHERE startsWith(key, concat({funnel:String}, ' '))
  WHERE kind = 'journey' AND ${IN_PERIOD}
)`;

/** No earlier row of the unit in the period reaches as far, and no later one further. */
export const BEST_IN_PERIOD = 'counted_after < {from:Date32} AND counted_before > {to:Date32}';

/** The one row of its unit that the period counts. */
export const COUNTED = `(hit > 0 AND ${BEST_IN_PERIOD})`;

/** `k`: SQL of a stage's number. The counted chain reached it. */
export const reached = (k: string): string => `(${COUNTED} AND bitTest(hit, ${k}))`;

/** The counted chain reached it and not the next one, of `stages` in all; nobody drops at the last. */
export const dropped = (k: string): string =>
  `(${reached(k)} AND ${k} + 1 < {stages:UInt8} AND NOT bitTest(hit, ${k} + 1))`;

/** `after`: SQL of the unit's day before with an event of the stage. */
export const firstAfter = (after: string): string => `${after} < {from:Date32}`;

/** The first row of its unit in the period with an event of the stage, chain or not. */
export const anyOf = (k: string): string =>
  `(bitTest(any, ${k}) AND ${firstAfter(`any_after[bitCount(bitAnd(any, bitShiftLeft(toUInt64(1), ${k}) - 1)) + 1]`)})`;

/** The row counts in some figure of the period. */
export const COUNTS_SOMEWHERE = `(${COUNTED} OR arrayExists(k -> ${anyOf('k')}, range({stages:UInt8})))`;
