import type { ClickHouse } from '@cartledger/clickhouse';
import type {
  AbandonmentReport,
  Explanation,
  FunnelReport,
  PipelineReport,
  ReportHead,
  Restatement,
  RevenueReport,
} from '@cartledger/funnel';
import { cartCells } from './carts/cells.ts';
import { firstOpenCartDay, openDayOfCells } from './carts/open-day.ts';
import type { CartParams } from './carts/predicates.ts';
import { readAbandonment } from './carts/report.ts';
import type { DaysWay } from './days/dirty.ts';
import { createReadDays, type ReadDays, type Ways } from './days/query.ts';
import { ReportError } from './errors.ts';
import { abandonmentFigure } from './explain/abandonment-figures.ts';
import { atCursor } from './explain/cursor.ts';
import { explanationOf, findRows, type Page } from './explain/explain.ts';
import { type Explained, parseFigure } from './explain/figure.ts';
import { createFunnelExplainer } from './explain/funnel.ts';
import { revenueFigure } from './explain/revenue-figures.ts';
import { createFunnels } from './funnel/funnels.ts';
import { createOnDemand, DEFAULT_ON_DEMAND, type OnDemandConfig } from './funnel/on-demand.ts';
import { type FunnelPlan, planFunnel } from './funnel/plan.ts';
import { funnelWarnings } from './funnel/warnings.ts';
import { readConverted, unconverted } from './fx/converted.ts';
import { head } from './head.ts';
import { earlier, firstOpenDay } from './open-from.ts';
import { planComparison } from './pipeline/before.ts';
import { readPipeline } from './pipeline/report.ts';
import { checkPeriod, type ReportQuery } from './query.ts';
import { type RestatementsQuery, readRestatements } from './restatements.ts';
import { needsDetails, needsTotals, totalsAlone } from './retention.ts';
import { orderCells } from './revenue/order-cells.ts';
import { readOrderCells, readRefundTotals } from './revenue/refund-cells.ts';
import { revenueByCurrency } from './revenue/report.ts';
import { atOneState } from './snapshot.ts';
import { ALL_DAYS, FIRST_DAY, standingOf, type Watched } from './state.ts';
import { askedVersion, refuseVersion, versionNumbers } from './versions.ts';

/** Orders and refunds of a day are closed this long after its end. */
const ORDERS_CLOSE_AFTER_MS = 24 * 3_600_000;

export type ReadOptions = {
  /** Aborted when nobody waits for the answer any more: a funnel that is being computed is given up. */
  signal?: AbortSignal;
};

/** The reports of docs/definitions.md, read from the ledgers. They throw ReportError for a query that cannot be answered. */
export type Reports = {
  funnel(query: ReportQuery, options?: ReadOptions): Promise<FunnelReport>;
  abandonment(query: ReportQuery): Promise<AbandonmentReport>;
  revenue(query: ReportQuery): Promise<RevenueReport>;
  /** Pipeline measures, by the store's default funnel. */
  pipeline(query: ReportQuery, options?: ReadOptions): Promise<PipelineReport>;
  /**
   * The units, carts, orders or refunds behind one figure of a report asked for by this query. Throws ReportError
   * `bad_figure`, `bad_cursor`, `bad_limit` besides what the report itself throws.
   */
  explain(report: Explained, query: ReportQuery, page: Page, options?: ReadOptions): Promise<Explanation>;
  /** What moved after its day had closed, of the days from `from` to `to`, by day, figure and time. */
  restatements(query: RestatementsQuery): Promise<Restatement[]>;
};

export type ReportsDeps = { clickhouse: ClickHouse; now?: () => number };
export type ReportsConfig = {
  onDemand?: Partial<OnDemandConfig>;
  /** `ledger`: reads no rollups, to compare. */
  days?: DaysWay;
};

const cartParamsOf = ({ store_id, from, to }: ReportQuery, as_of: number): CartParams => ({
  store_id,
  from,
  to,
  as_of,
});

/** What an explanation is made of. */
const LISTED = 'a figure is explained';

const MOVING = {
  code: 'ledgers_moving',
  message: 'Much is being taken in: the parts of this report may be seconds apart. Ask again in a moment.',
};

export const createReports = (
  { clickhouse, now = Date.now }: ReportsDeps,
  { onDemand, days: way = 'rollups' }: ReportsConfig = {},
): Reports => {
  const computing = createOnDemand({ clickhouse, now }, { ...DEFAULT_ON_DEMAND, ...onDemand });
  const funnels = createFunnels({ clickhouse, onDemand: computing });

  /**
   * Reads the report until all its parts are of one state of the ledgers. What it is to be, and what takes long, is
   * prepared once.
   */
  const read = async <T extends ReportHead>(
    asked: ReportQuery,
    prepare: (
      query: ReportQuery,
      keptFrom: string,
    ) => Promise<(asOf: number, days: ReadDays, keptFrom: string) => Promise<T>>,
    watched: Watched = { from: asked.from, to: asked.to },
  ): Promise<T> => {
    checkPeriod(asked);
    askedVersion(asked);
    let prepared: Awaited<ReturnType<typeof prepare>> | null = null;
    const { value, still } = await atOneState(clickhouse, asked.store_id, watched, async (state) => {
      const asOf = standingOf(state, asked);
      const { keptFrom } = state;
      prepared ??= await prepare(asked, keptFrom);
      const wayOf: Ways = (rollup) => {
        // Of a store whose days were never announced there are no rollups.
        if (!state.hasRollups) return 'ledger';
        return rollup === 'cart' && state.cartsSettledAt > asOf ? 'ledger' : way;
      };
      const report = await prepared(asOf, createReadDays(clickhouse, wayOf, state), keptFrom);
      report.warnings.push(...totalsAlone(asked, keptFrom));
      return report;
    });
    if (!still) value.warnings.push(MOVING);
    return value;
  };

  /** Whether a funnel can be told of days of which perhaps only totals are left. */
  const hasTotals = async ({ query, plan }: { query: ReportQuery; plan: FunnelPlan }, keptFrom: string) => {
    try {
      await needsTotals(clickhouse, query, plan, keptFrom);
      return true;
    } catch (error) {
      if (error instanceof ReportError && error.code === 'details_removed') return false;
      throw error;
    }
  };

  return {
    funnel: (asked, { signal } = {}) =>
      read(asked, async (query, keptFrom) => {
        const plan = planFunnel(query);
        const { funnel, definition_versions } = plan;
        await needsTotals(clickhouse, query, plan, keptFrom);
        const prepared = await funnels.prepare(query, plan, signal);
        return async (asOf, days, keptFrom) => {
          await needsTotals(clickhouse, query, plan, keptFrom);
          const [{ leads: _, ...body }, warnings] = await Promise.all([
            prepared.figures(days),
            funnelWarnings({ days, query, plan, prepared, asOf, keptFrom }),
          ]);
          const open_from = firstOpenDay(query, asOf, funnel.window_ms);
          return {
            report: 'funnel',
            ...head(query, asOf, { open_from, definition_versions, warnings }),
            ...funnel,
            ...body,
          };
        };
      }),

    abandonment: async (asked) => {
      refuseVersion(asked);
      return read(asked, async (query) => async (asOf, days, keptFrom) => {
        const params = cartParamsOf(query, asOf);
        const only = query.from < keptFrom ? 'counts' : query.only;
        const { body, cells } = await readAbandonment({ clickhouse, days }, params, only);
        const open_from = openDayOfCells(cells, query, asOf);
        const said = { open_from, definition_versions: versionNumbers(query), warnings: [] };
        return { report: 'abandonment', ...head(query, asOf, said), ...body };
      });
    },

    revenue: async (asked) => {
      refuseVersion(asked);
      const { refunds_on = 'refund' } = asked;
      const prepare =
        async (query: ReportQuery) =>
        async (asOf: number, days: ReadDays, keptFrom: string): Promise<RevenueReport> => {
          const params = cartParamsOf(query, asOf);
          if (refunds_on === 'order') needsDetails(query, keptFrom, 'refunds are found by the days of their orders');
          const [carts, orders, refundTotals, converted] = await Promise.all([
            days(cartCells, params),
            readOrderCells({ clickhouse, days }, params, refunds_on),
            query.from < keptFrom ? null : readRefundTotals(clickhouse, params, refunds_on),
            query.from < keptFrom
              ? unconverted(query.definition)
              : readConverted(clickhouse, params, query.definition, refunds_on),
          ]);
          const currencies = revenueByCurrency(carts, orders, refundTotals);
          const open_from = earlier(
            openDayOfCells(carts, query, asOf),
            firstOpenDay(query, asOf, ORDERS_CLOSE_AFTER_MS),
          );
          const said = { open_from, definition_versions: versionNumbers(query), warnings: [] };
          return { report: 'revenue', ...head(query, asOf, said), refunds_on, currencies, converted };
        };
      // Orders of the period may be refunded on any day.
      return read(asked, prepare, refunds_on === 'order' ? ALL_DAYS : undefined);
    },

    pipeline: ({ unit: _u, mode: _m, window_ms: _w, breakdown: _b, ...asked }, { signal } = {}) =>
      read(
        asked,
        async (query, keptFrom) => {
          needsDetails(query, keptFrom, 'pipeline measures are taken');
          const plan = planFunnel(query);
          const { definition_versions } = plan;
          const prepared = await funnels.prepare(query, plan, signal);
          return async (asOf, days, keptFrom) => {
            needsDetails(query, keptFrom, 'pipeline measures are taken');
            const params = cartParamsOf(query, asOf);
            const planned = planComparison(query, plan, asOf);
            const comparison = planned && (await hasTotals(planned.before, keptFrom)) ? planned : null;
            const countsOf = async (asked: ReportQuery, by: FunnelPlan) =>
              (await (await funnels.prepare(asked, by, signal)).figures(days)).stages;
            const [funnel, closed, before, carts, orders, warnings] = await Promise.all([
              prepared.figures(days),
              comparison && countsOf(comparison.closed, plan),
              comparison && countsOf(comparison.before.query, comparison.before.plan),
              days(cartCells, params),
              days(orderCells, params),
              funnelWarnings({ days, query, plan, prepared, asOf, keptFrom }),
            ]);
            const body = await readPipeline(clickhouse, query, {
              carts,
              stages: funnel.stages,
              leads: await funnel.leads(),
              compared: closed && before && { closed, before },
              currencies: revenueByCurrency(carts, orders, null),
            });
            const closing = Math.max(plan.funnel.window_ms, ORDERS_CLOSE_AFTER_MS);
            const open_from = earlier(openDayOfCells(carts, query, asOf), firstOpenDay(query, asOf, closing));
            return { report: 'pipeline', ...head(query, asOf, { open_from, definition_versions, warnings }), ...body };
          };
        },
        // Whether a buyer is new, and the days before, are read from earlier days.
        { from: FIRST_DAY, to: asked.to },
      ),

    explain: (report, given, page, { signal } = {}) =>
      atCursor(given, page.cursor, async (asked) => {
        const named = parseFigure(page.figure);
        if (report === 'funnel')
          return read(asked, async (query, keptFrom) => {
            needsDetails(query, keptFrom, LISTED);
            const plan = planFunnel(query);
            const { definition_versions, stages } = plan;
            const explainer = createFunnelExplainer({ clickhouse, onDemand: computing }, query, plan, named, signal);
            return async (asOf, _days, keptFrom) => {
              needsDetails(query, keptFrom, LISTED);
              const { figure, finder } = await explainer();
              const body = await explanationOf(
                { ...query, as_of: asOf },
                { report, figure, stages },
                page,
                (after, size) => finder(asOf, after, size),
              );
              const open_from = firstOpenDay(query, asOf, plan.funnel.window_ms);
              return { ...head(query, asOf, { open_from, definition_versions, warnings: [] }), ...body };
            };
          });
        refuseVersion(asked);
        const { refunds_on = 'refund' } = asked;
        const figure = report === 'abandonment' ? abandonmentFigure(named) : revenueFigure(named, refunds_on);
        return read(
          asked,
          async (query) => async (asOf, days, keptFrom) => {
            needsDetails(query, keptFrom, LISTED);
            const params = cartParamsOf(query, asOf);
            const [body, carts] = await Promise.all([
              explanationOf({ ...query, as_of: asOf }, { report, figure, stages: [] }, page, (after, size) =>
                findRows(clickhouse, figure, params, after, size),
              ),
              firstOpenCartDay(days, query, params),
            ]);
            const orders = report === 'revenue' ? firstOpenDay(query, asOf, ORDERS_CLOSE_AFTER_MS) : null;
            const said = {
              open_from: earlier(carts, orders),
              definition_versions: versionNumbers(query),
              warnings: [],
            };
            return { ...head(query, asOf, said), ...(report === 'revenue' && { refunds_on }), ...body };
          },
          // Carts of any day are among those that explain timing.
          report === 'revenue' ? ALL_DAYS : undefined,
        );
      }),

    restatements: (query) => readRestatements(clickhouse, query),
  };
};
