import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import { RESTATEMENT_CAUSES, type Restatement } from '@cartledger/funnel';
import { z } from 'zod';
import { checkPeriod } from './query.ts';

export type RestatementsQuery = { store_id: string; from?: string; to?: string };

const FIRST_DAY = '1900-01-01';
const LAST_DAY = '2299-12-31';

const restatementsOf = defineQuery({
  name: 'restatements',
  sql: `
    SELECT toString(day) AS on_day, figure, \`from\` AS was, \`to\` AS became, cause, at
    FROM restatements FINAL
    WHERE store_id = {store_id:String} AND day BETWEEN {from:Date32} AND {to:Date32}
    ORDER BY day, figure, at, since`,
  params: z.object({ store_id: z.string(), from: z.string(), to: z.string() }),
  row: z.object({
    on_day: z.string(),
    figure: z.string(),
    was: z.string(),
    became: z.string(),
    cause: z.enum(RESTATEMENT_CAUSES),
    at: utcMs,
  }),
});

/** Throws ReportError `bad_day` | `bad_period`; without a day there is no bound. */
export const readRestatements = async (
  clickhouse: ClickHouse,
  { store_id, from, to }: RestatementsQuery,
): Promise<Restatement[]> => {
  const day = from ?? to;
  if (day !== undefined) checkPeriod({ from: from ?? day, to: to ?? day });
  const rows = await clickhouse.query(restatementsOf, { store_id, from: from ?? FIRST_DAY, to: to ?? LAST_DAY });
  return rows.map(({ on_day, figure, was, became, cause, at }) => ({
    day: on_day,
    figure,
    from: was,
    to: became,
    cause,
    at: new Date(at).toISOString(),
  }));
};
