import { type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { FxRate } from '@cartledger/control';
import { z } from 'zod';

const summary = defineQuery({
  name: 'fx_rates_summary',
  sql: `
    SELECT source, currency, base, count() AS days, toString(min(day)) AS "from", toString(max(day)) AS "to",
      toString(argMax(rate, day)) AS rate
    FROM fx_rates FINAL
    GROUP BY source, currency, base
    ORDER BY source, currency, base`,
  params: z.object({}),
  row: z.object({
    source: z.string(),
    currency: z.string(),
    base: z.string(),
    days: integer,
    from: z.string(),
    to: z.string(),
    rate: z.string(),
  }),
});

// The rate as text: the server makes the exact decimal of it, which no number could carry.
const COLUMNS = [
  { name: 'source', type: 'String' },
  { name: 'day', type: 'Date32' },
  { name: 'currency', type: 'String' },
  { name: 'base', type: 'String' },
  { name: 'rate', type: 'String' },
] as const;

export type FxRates = {
  /** Stores rates that have been checked (fxRateProblems); one that is there already is replaced. */
  store(rates: readonly FxRate[]): Promise<void>;
  /** What there is, by source, currency and base. */
  list(): Promise<z.output<(typeof summary)['row']>[]>;
};

export const createFxRates = ({ clickhouse }: { clickhouse: Pick<ClickHouse, 'query' | 'insertNative'> }): FxRates => ({
  store: (rates) => clickhouse.insertNative('fx_rates', COLUMNS, rates),
  list: () => clickhouse.query(summary, {}),
});
