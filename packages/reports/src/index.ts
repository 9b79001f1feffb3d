import type { ClickHouse } from '@cartledger/clickhouse';
import type { AbandonmentReport, FunnelReport, ReportHead, RevenueReport } from '@cartledger/funnel';
import { readAbandonment } from './abandonment.ts';
import type { CartParams } from './cart-queries.ts';
import { readFunnelStages } from './funnel.ts';
import { earlier, head, openFrom, readAsOf, stageWarnings } from './head.ts';
import { checkPeriod, chooseFunnel, type ReportQuery } from './query.ts';
import { readRevenue } from './revenue.ts';
import { atOneState } from './snapshot.ts';

export { ReportError, type ReportErrorCode } from './errors.ts';
export { MAX_PERIOD_DAYS, type ReportQuery } from './query.ts';

/** The three reports of docs/definitions.md, read from the ledgers. They throw ReportError for a query that cannot be answered. */
export type Reports = {
  funnel(query: ReportQuery): Promise<FunnelReport>;
  abandonment(query: ReportQuery): Promise<AbandonmentReport>;
  revenue(query: ReportQuery): Promise<RevenueReport>;
};

const cartParams = ({ store_id, from, to, definition }: ReportQuery, as_of: number): CartParams => ({
  store_id,
  from,
  to,
  as_of,
  idle_ms: definition.idle_ms,
  abandon_ms: definition.abandon_ms,
  recovery_ms: definition.recovery_ms,
});

const MOVING = {
  code: 'ledgers_moving',
  message: 'Much is being taken in: the parts of this report may be seconds apart. Ask again in a moment.',
};

export const createReports = ({ clickhouse }: { clickhouse: ClickHouse }): Reports => {
  /** Reads the report until all its parts are of one state of the ledgers. */
  const read = async <T extends ReportHead>(query: ReportQuery, report: (asOf: number) => Promise<T>): Promise<T> => {
    checkPeriod(query);
    const { value, still } = await atOneState(clickhouse, query.store_id, async () =>
      report(await readAsOf(clickhouse, query)),
    );
    if (!still) value.warnings.push(MOVING);
    return value;
  };

  return {
    funnel: async (query) => {
      const funnel = chooseFunnel(query);
      return read(query, async (asOf) => {
        const [stages, warnings] = await Promise.all([
          readFunnelStages(clickhouse, query, funnel),
          stageWarnings(clickhouse, query, asOf, funnel),
        ]);
        const open = openFrom.funnel(query, asOf, funnel);
        return { report: 'funnel', ...head(query, asOf, open, warnings), ...funnel, stages };
      });
    },

    abandonment: (query) =>
      read(query, async (asOf) => {
        const params = cartParams(query, asOf);
        const [body, open] = await Promise.all([
          readAbandonment(clickhouse, params),
          openFrom.carts(clickhouse, query, params),
        ]);
        return { report: 'abandonment', ...head(query, asOf, open, []), ...body };
      }),

    revenue: (query) =>
      read(query, async (asOf) => {
        const params = cartParams(query, asOf);
        const [currencies, carts] = await Promise.all([
          readRevenue(clickhouse, params),
          openFrom.carts(clickhouse, query, params),
        ]);
        const open = earlier(carts, openFrom.orders(query, asOf));
        return { report: 'revenue', ...head(query, asOf, open, []), currencies };
      }),
  };
};
