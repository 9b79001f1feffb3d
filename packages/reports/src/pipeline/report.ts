import type { ClickHouse } from '@cartledger/clickhouse';
import type { FunnelReport, FunnelStage, PipelineReport, ReportHead, RevenueReport } from '@cartledger/funnel';
import { millionths, rate } from '../arithmetic.ts';
import type { CartCell } from '../carts/cells.ts';
import { cartsAndValue, reasonsOf } from '../carts/cells-fold.ts';
import type { ReportQuery } from '../query.ts';
import { bottleneckOf } from './bottleneck.ts';
import { newBuyers, salesCycles } from './queries.ts';

export type PipelineBody = Omit<PipelineReport, keyof ReportHead | 'report'>;

/** conversion - target, as exact as they are printed. */
const differenceOf = (conversion: number | null, target: number | null): number | null =>
  conversion === null || target === null ? null : Number(millionths(conversion) - millionths(target)) / 1_000_000;

/** Pipeline measures (docs/definitions.md), beside the funnel and the revenue they speak of. */
export const readPipeline = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  {
    carts,
    stages,
    leads,
    compared,
    currencies,
  }: {
    carts: readonly CartCell[];
    stages: FunnelReport['stages'];
    leads: number;
    /** The same funnel over the period's closed days and over the 28 days before; null where they cannot be compared. */
    compared: { closed: readonly FunnelStage[]; before: readonly FunnelStage[] } | null;
    currencies: RevenueReport['currencies'];
  },
): Promise<PipelineBody> => {
  const period = { store_id: query.store_id, from: query.from, to: query.to };
  const [[cycles], [buyers]] = await Promise.all([
    clickhouse.query(salesCycles, period),
    clickhouse.query(newBuyers, period),
  ]);
  const lost = carts.filter((cell) => cell.is_lost);
  const orders = buyers?.orders ?? 0;
  const { targets } = query.definition;
  return {
    leads,
    orders,
    orders_per_lead: rate(orders, leads),
    stages: stages.map(({ stage, conversion_from_first }) => {
      const target = Object.hasOwn(targets, stage) ? (targets[stage] ?? null) : null;
      return { stage, conversion_from_first, target, difference: differenceOf(conversion_from_first, target) };
    }),
    sales_cycle: {
      orders: cycles?.orders ?? 0,
      median_ms: cycles && cycles.orders > 0 ? cycles.median : null,
      p90_ms: cycles && cycles.orders > 0 ? cycles.p90 : null,
    },
    average_order_value: Object.fromEntries(
      Object.entries(currencies).map(([currency, revenue]) => [currency, revenue.orders.average_order_value]),
    ),
    standing: cartsAndValue(carts.filter((cell) => cell.is_standing)),
    won: cartsAndValue(carts.filter((cell) => cell.is_bought)),
    lost: { ...cartsAndValue(lost), reasons: reasonsOf(lost) },
    stale: cartsAndValue(carts.filter((cell) => cell.is_abandoned)),
    new_buyers: buyers?.new_buyers ?? 0,
    bottleneck: compared === null ? null : bottleneckOf(compared.closed, compared.before),
  };
};
