/** The reference engine: definitions.md said the plain way, the whole history in memory, one step after the other. */
import type { Breakdown, Point, WithoutCartReason } from '../definition.ts';
import {
  type AbandonmentBody,
  type AbandonmentDetails,
  type ConvertedTotals,
  type CurrencyRevenue,
  DEFAULT_BREAKDOWN_VALUES,
  type FunnelBreakdown,
  type FunnelStage,
  type MoneyByCurrency,
  type VersionConflict,
} from '../reports/index.ts';
import { abandonmentReport, countsOf, namesGiven } from './abandonment.ts';
import { breakdownsOf, cellsOf, firstSessions, valuesOf } from './breakdown.ts';
import { type Carried, PLACES, type Times, timesOfFunnel } from './carried.ts';
import type { PassedOrder } from './carts.ts';
import { type OpenFrom, openFromOf } from './closing.ts';
import { type ConvertedSums, convertedSums, convertedTotals } from './converted.ts';
import type { CountedCart } from './counted.ts';
import type { InPeriod } from './days.ts';
import { abandonmentDetails, cartTimesOf } from './details.ts';
import { countFunnel } from './funnel.ts';
import { type FunnelCounts, funnelStages, withoutTimes } from './funnel-counts.ts';
import { lookAt, type ReferenceInput } from './look.ts';
import { compareText } from './ordering.ts';
import { type PipelineBody, pipelineBody, pipelineFacts, salesCyclesOf } from './pipeline.ts';
import { type Period, revenueReport } from './revenue.ts';
import type { CartState } from './states.ts';

export type ReferenceCart = {
  cart_key: string;
  opened_at: number;
  state: CartState;
  furthest: Point;
  value: MoneyByCurrency;
  /** Items of removes that matched nothing in it. */
  unmatched_removes: number;
  order_id: string | null;
};

export type ReferenceOrder = {
  order_id: string;
  ordered_at: number;
  cart_key: string | null;
  without_cart_reason: WithoutCartReason | null;
  order_total: bigint;
  currency: string;
};

export type ReferenceReports = {
  /** The stages of each of the definition's funnels (of the version asked for, if one is); none where refused. */
  funnels: FunnelStage[][];
  /** Funnel by funnel: why it is refused, null where it is not. */
  conflicts: (VersionConflict | null)[];
  /** Funnel by funnel, null where refused; null when none was asked for. */
  breakdown: (FunnelBreakdown | null)[] | null;
  abandonment: AbandonmentBody;
  details: AbandonmentDetails;
  /** By currency. */
  revenue: Record<string, CurrencyRevenue>;
  /** null when the definition names no source of rates. */
  converted: ConvertedTotals | null;
  /** Both of them with each refund on the day of its order. */
  byOrderDay: { revenue: Record<string, CurrencyRevenue>; converted: ConvertedTotals | null };
  /** By the default funnel of the version in force in the period; null where that is refused. */
  pipeline: PipelineBody | null;
  /** Of which days time alone may still move the figures. */
  openFrom: OpenFrom;
  /** All carts of all history but those that test orders closed or bots made, by key. */
  carts: ReferenceCart[];
  /** All orders of all history but tests, by id. */
  orders: ReferenceOrder[];
  /** What the quantiles are of. */
  times: Times;
  /** What merging needs beside the printed figures. */
  carried: Carried;
};

/** Computes every report from the deliveries alone. Slow and plain: the oracle that ledgers and SQL must equal. */
export const reference = (input: ReferenceInput): ReferenceReports => {
  const { definition, fxRates = [] } = input;
  const look = lookAt(input);
  const { world, inPeriod, period, byOrderDay, funnels, pipeline: byDefault } = look;
  const { history } = world;

  const counted = funnels.map((each) => ({
    ...each,
    counts: countFunnel(each.unitDays, each.stages.length, inPeriod),
  }));
  const countDefault = (days: InPeriod): FunnelCounts =>
    withoutTimes(countFunnel(byDefault.unitDays, byDefault.stages.length, days));
  const pipelineFunnel: Carried['pipelineFunnel'] = {
    stages: byDefault.stages,
    conflict: byDefault.conflict,
    counts: countDefault(inPeriod),
    countsClosed: countDefault(byDefault.closed),
    countsBefore: byDefault.before === null ? null : countDefault(byDefault.before),
  };
  const breakdown = input.breakdown === undefined ? null : breakDown(input.breakdown);
  const revenue = revenueReport(period);
  const { fx_source: source, currency } = definition;
  const convert = (by: Period): ConvertedSums | null =>
    source === '' ? null : convertedSums({ source, currency, rates: fxRates }, by, history.dayOf);
  const [converted, convertedByOrderDay] = [convert(period), convert(byOrderDay)];
  const cartTimes = cartTimesOf(period.carts);
  const cycleTimes = salesCyclesOf(period.orders, history, definition.tie_tolerance_ms);
  const pipeline = pipelineFacts({
    leads: new Set(
      byDefault.unitDays.filter(({ days }) => days.some(({ day }) => inPeriod(day))).map(({ unit }) => unit.visitor_id),
    ).size,
    orders: period.orders,
    carts: period.carts,
    allOrders: history.orders,
    cycles: cycleTimes.length,
  });

  function breakDown(by: Breakdown): NonNullable<Carried['breakdown']> {
    const firstOf = firstSessions(history.events, history.sessions);
    const cells = counted.map(({ unitDays, stages }) =>
      cellsOf(unitDays, stages.length, inPeriod, (day) => valuesOf(day, by, firstOf)),
    );
    return { by, limit: input.breakdownValues ?? DEFAULT_BREAKDOWN_VALUES, cells };
  }

  const carried: Carried = {
    definition,
    funnels: counted.map(({ stages, conflict, counts }) => ({ stages, conflict, counts: withoutTimes(counts) })),
    pipelineFunnel,
    breakdown,
    checkout: countsOf(period.carts.filter((c) => c.life.checkedOut)),
    names: namesGiven(period.carts),
    converted,
    convertedByOrderDay,
    pipeline,
  };
  return {
    funnels: counted.map(({ stages, counts }) => funnelStages(stages, counts)),
    conflicts: counted.map(({ conflict }) => conflict),
    breakdown: breakdown === null ? null : breakdownsOf(breakdown, carried.funnels),
    abandonment: abandonmentReport(period.carts),
    details: abandonmentDetails(period.carts),
    revenue,
    converted: converted === null ? null : convertedTotals(converted),
    byOrderDay: {
      revenue: revenueReport(byOrderDay),
      converted: convertedByOrderDay === null ? null : convertedTotals(convertedByOrderDay),
    },
    pipeline:
      pipelineFunnel.conflict === null
        ? pipelineBody(pipeline, { ...pipelineFunnel, definition, cycleTimes, revenue })
        : null,
    openFrom: openFromOf(look, input.from, input.to),
    carts: world.carts.map(printCart).sort(byCartKey),
    orders: history.orders.map(printOrder).sort(byOrderId),
    times: [
      ...counted.flatMap(({ counts }, i) => timesOfFunnel(i, counts)),
      { place: PLACES.toAbandonment, values: cartTimes.toAbandonment },
      { place: PLACES.toRecovery, values: cartTimes.toRecovery },
      { place: PLACES.salesCycle, values: cycleTimes },
    ],
    carried,
  };
};

const printCart = ({ cart, openedAt, life, value, contents }: CountedCart): ReferenceCart => ({
  cart_key: cart.key,
  opened_at: openedAt,
  state: life.state,
  furthest: life.furthest,
  value: Object.fromEntries(value),
  unmatched_removes: contents.unmatchedRemoves,
  order_id: cart.order?.order_id ?? null,
});

const printOrder = ({ order, cart, reason }: PassedOrder): ReferenceOrder => ({
  order_id: order.order_id,
  ordered_at: order.ordered_at,
  cart_key: cart?.key ?? null,
  without_cart_reason: reason,
  order_total: order.amounts.total,
  currency: order.currency,
});

export const byCartKey = (a: ReferenceCart, b: ReferenceCart): number => compareText(a.cart_key, b.cart_key);
export const byOrderId = (a: ReferenceOrder, b: ReferenceOrder): number => compareText(a.order_id, b.order_id);
