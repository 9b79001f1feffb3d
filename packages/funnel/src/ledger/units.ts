import { type Definition, type Funnel, funnelKey, stagesOf } from '../definition.ts';
import type { Calendar } from './calendar.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { cartUnit } from './cart-row.ts';
import type { Entry, History, Session } from './history.ts';
import { journeyDays } from './journeys.ts';
import { type NodeName, visitorNode } from './node.ts';
import { type JourneyRow, NEVER_AFTER, NEVER_BEFORE } from './rows.ts';
import { createStages } from './stage-mask.ts';
import { stepsOf } from './steps.ts';

/** Whose journeys a funnel counts: the unit, its events and its orders, both in order. */
type Unit = {
  node: NodeName;
  unit_id: string;
  visitor_id: string;
  entries: readonly Entry[];
  orders: readonly Order[];
  /** A session's events all count on its own day. */
  day: string | null;
};

const visitorUnits = ({ visitors }: History, orders: Map<string, Order[]>): Unit[] =>
  [...visitors.values()].map(({ visitor_id, entries }) => ({
    node: visitorNode(visitor_id),
    unit_id: visitor_id,
    visitor_id,
    entries,
    orders: orders.get(visitor_id) ?? [],
    day: null,
  }));

const sessionUnits = ({ visitors }: History, orders: Map<Session, Order[]>, { dayOf }: Calendar): Unit[] =>
  [...visitors.values()].flatMap(({ visitor_id, sessions }) =>
    sessions.map((session) => ({
      node: visitorNode(visitor_id),
      unit_id: session.unitId,
      visitor_id,
      entries: session.entries,
      orders: orders.get(session) ?? [],
      day: dayOf(session.entries[0]?.time ?? 0),
    })),
  );

/** A cart that a test order closed is in no report. */
const cartUnits = (carts: readonly Cart[]): Unit[] =>
  carts
    .filter(({ order }) => !order?.test)
    .map((cart) => ({
      ...cartUnit(cart),
      visitor_id: cart.entries[0]?.event.visitor_id ?? '',
      entries: cart.entries,
      orders: cart.order ? [cart.order] : [],
      day: null,
    }));

/** The journeys of all units in each of the definition's funnels. Orders must come sorted, their visitors decided. */
export const collectJourneys = (
  history: History,
  orders: readonly Order[],
  carts: readonly Cart[],
  definition: Definition,
  days: Calendar,
): JourneyRow[] => {
  const unitsOf = (unit: Funnel['unit']): Unit[] => {
    if (unit === 'visitor')
      return visitorUnits(
        history,
        Map.groupBy(orders, (order) => order.visitor_id),
      );
    if (unit === 'session')
      return sessionUnits(
        history,
        Map.groupBy(orders, (order) => order.session),
        days,
      );
    return cartUnits(carts);
  };
  const rows: JourneyRow[] = [];
  for (const [unit, funnels] of Map.groupBy(definition.funnels, (funnel) => funnel.unit)) {
    const stages = createStages(stagesOf(definition, { unit }));
    for (const { node, unit_id, visitor_id, entries, orders, day } of unitsOf(unit)) {
      const steps = stepsOf(entries, orders, stages);
      if (steps.length === 0) continue;
      for (const funnel of funnels) {
        const rules = {
          stages: stages.count,
          window_ms: funnel.window_ms,
          tie_tolerance_ms: definition.tie_tolerance_ms,
        };
        for (const journey of journeyDays(steps, funnel.mode, rules, (step) => day ?? days.dayOf(step.time)))
          rows.push({
            kind: 'journey',
            node,
            unit_id,
            visitor_id,
            funnel: funnelKey(funnel),
            ...journey,
            definition_version: definition.version,
            counted_after: NEVER_BEFORE,
            counted_before: NEVER_AFTER,
            any_after: [],
            dimensions: [],
            excluded: false,
          });
      }
    }
  }
  return rows;
};
