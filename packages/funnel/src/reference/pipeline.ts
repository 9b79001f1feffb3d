/** Pipeline measures (definitions.md 7): the store's default funnel, its orders and carts, side by side. */
import type { Definition } from '../definition.ts';
import type { CurrencyRevenue, PipelineReport, ReportHead } from '../reports/index.ts';
import { type CartsAndValue, cartsAndValue, reasonsOf } from './abandonment.ts';
import { divideHalfEven, quantile, rate } from './arithmetic.ts';
import type { PassedOrder } from './carts.ts';
import type { CountedCart } from './counted.ts';
import { conversionFromPrevious, type FunnelCounts } from './funnel-counts.ts';
import type { KeptEvent } from './kept.ts';
import { compareText } from './ordering.ts';
import { isBought, isStanding } from './revenue.ts';
import type { History } from './units.ts';

export type PipelineBody = Omit<PipelineReport, keyof ReportHead | 'report'>;

/** What the measures are made of, but the funnel and the revenue; it adds up over parts of a history. */
export type PipelineFacts = {
  leads: number;
  orders: number;
  cycles: number;
  newBuyers: number;
  standing: CartsAndValue;
  won: CartsAndValue;
  lost: CartsAndValue;
  lostReasons: PipelineBody['lost']['reasons'];
  stale: CartsAndValue;
};

export const pipelineFacts = (facts: {
  leads: number;
  /** Orders and carts of the period, and all orders (not tests) there ever were. */
  orders: readonly PassedOrder[];
  carts: readonly CountedCart[];
  allOrders: readonly PassedOrder[];
  cycles: number;
}): PipelineFacts => {
  const inState = (state: string): CountedCart[] => facts.carts.filter((c) => c.life.state === state);
  return {
    leads: facts.leads,
    orders: facts.orders.length,
    cycles: facts.cycles,
    newBuyers: newBuyersOf(facts.orders, facts.allOrders).length,
    standing: cartsAndValue(facts.carts.filter(isStanding)),
    won: cartsAndValue(facts.carts.filter(isBought)),
    lost: cartsAndValue(inState('lost')),
    lostReasons: reasonsOf(inState('lost')),
    stale: cartsAndValue(inState('abandoned')),
  };
};

/** Orders go by ordered_at, then order_id. */
const isBefore = (a: PassedOrder, b: PassedOrder): boolean =>
  a.order.ordered_at < b.order.ordered_at ||
  (a.order.ordered_at === b.order.ordered_at && compareText(a.order.order_id, b.order.order_id) < 0);

/** Those with no earlier order of their customer_id; where an order has none, of its visitor. */
const newBuyersOf = (orders: readonly PassedOrder[], allOrders: readonly PassedOrder[]): PassedOrder[] => {
  const ofCustomer = Map.groupBy(allOrders, (other) => other.order.customer_id);
  const ofVisitor = Map.groupBy(allOrders, (other) => other.visitor_id);
  return orders.filter((own) => {
    const { customer_id } = own.order;
    const his = customer_id === null ? ofVisitor.get(own.visitor_id) : ofCustomer.get(customer_id);
    return !(his ?? []).some((other) => isBefore(other, own));
  });
};

/**
 * From the visitor's first event after his previous order to the order, at least 0; null where he has no such event.
 * Orders stand at ordered_at + tolerance, behind the events of that instant.
 */
const salesCycleOf = (
  own: PassedOrder,
  eventsOfVisitor: readonly KeptEvent[],
  ordersOfVisitor: readonly PassedOrder[],
  tieToleranceMs: number,
): number | null => {
  const before = ordersOfVisitor
    .filter((other) => isBefore(other, own))
    .map((other) => other.order.ordered_at)
    .reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const first = eventsOfVisitor.find(
    (e) =>
      e.type !== 'purchase' &&
      e.type !== 'refund' &&
      before + tieToleranceMs < e.time &&
      e.time <= own.order.ordered_at + tieToleranceMs,
  );
  return first === undefined ? null : Math.max(0, own.order.ordered_at - first.time);
};

/** The cycles of those orders that have one. */
export const salesCyclesOf = (
  orders: readonly PassedOrder[],
  history: Pick<History, 'events' | 'orders'>,
  tieToleranceMs: number,
): number[] => {
  const eventsOf = Map.groupBy(history.events, (e) => e.visitor_id);
  const ordersOf = Map.groupBy(history.orders, (order) => order.visitor_id);
  return orders.flatMap((own) => {
    const [events = [], others = []] = [eventsOf.get(own.visitor_id), ordersOf.get(own.visitor_id)];
    return salesCycleOf(own, events, others, tieToleranceMs) ?? [];
  });
};

export const pipelineBody = (
  facts: PipelineFacts,
  more: {
    definition: Definition;
    stages: readonly string[];
    counts: FunnelCounts;
    /** Of the days of the period that are closed. */
    countsClosed: FunnelCounts;
    /** Of the 28 local days before the period; null where no day is closed or other stages counted them. */
    countsBefore: FunnelCounts | null;
    cycleTimes: readonly number[];
    revenue: Readonly<Record<string, CurrencyRevenue>>;
  },
): PipelineBody => ({
  leads: facts.leads,
  orders: facts.orders,
  orders_per_lead: rate(facts.orders, facts.leads),
  stages: more.stages.map((stage, k) => {
    const conversion = rate(more.counts.units[k] ?? 0, more.counts.units[0] ?? 0);
    const target = Object.hasOwn(more.definition.targets, stage) ? (more.definition.targets[stage] ?? null) : null;
    return {
      stage,
      conversion_from_first: conversion,
      target,
      difference: conversion === null || target === null ? null : (millionths(conversion) - millionths(target)) / 1e6,
    };
  }),
  sales_cycle: {
    orders: facts.cycles,
    median_ms: quantile(more.cycleTimes, 50),
    p90_ms: quantile(more.cycleTimes, 90),
  },
  average_order_value: Object.fromEntries(
    Object.entries(more.revenue).map(([currency, { orders }]) => [currency, orders.average_order_value]),
  ),
  standing: facts.standing,
  won: facts.won,
  lost: { ...facts.lost, reasons: facts.lostReasons },
  stale: facts.stale,
  new_buyers: facts.newBuyers,
  bottleneck: more.countsBefore === null ? null : bottleneckOf(more.stages, more.countsClosed, more.countsBefore),
});

/** A rate has six decimals. */
const millionths = (rateOfSix: number): number => Math.round(rateOfSix * 1e6);

const ENOUGH_UNITS = 100;

/** The stage that loses most units against its mean of the 28 days before, the earliest of equals; days of the same age. */
const bottleneckOf = (
  stages: readonly string[],
  counts: FunnelCounts,
  before: FunnelCounts,
): PipelineBody['bottleneck'] => {
  let worst: PipelineBody['bottleneck'] = null;
  let most = 0;
  stages.forEach((stage, k) => {
    const units = counts.units[k - 1] ?? 0;
    const conversion = conversionFromPrevious(counts, k);
    const mean = conversionFromPrevious(before, k);
    if (conversion === null || mean === null || units < ENOUGH_UNITS) return;
    const missing = (millionths(mean) - millionths(conversion)) * units;
    if (missing <= most) return;
    most = missing;
    worst = {
      stage,
      units,
      conversion,
      mean_conversion: mean,
      units_missing: Number(divideHalfEven(BigInt(missing), 1_000_000n)),
    };
  });
  return worst;
};
