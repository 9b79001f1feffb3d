/** A period of a history as its reports and their explanations see it. */
import type { Delivery } from '@cartledger/events';
import type { Breakdown, Definition, DefinitionVersion, Funnel } from '../definition.ts';
import type { VersionConflict } from '../reports/index.ts';
import type { FxRate } from './converted.ts';
import { createInPeriod, type InPeriod } from './days.ts';
import { type UnitDays, unitDaysOf } from './funnel.ts';
import type { Refund } from './refunds.ts';
import type { DatedRefund, Period } from './revenue.ts';
import { stagesFor } from './units.ts';
import { countedAlike, dayPlus, defaultFunnelOf, definitionNumbered } from './versions.ts';
import { makeWorld, type World } from './world.ts';

export type ReferenceInput = {
  /** One store's deliveries, in any order, repeated or not. */
  deliveries: Iterable<Delivery>;
  /** The newest version. */
  definition: Definition;
  /** All versions; default: the one, for all history. */
  versions?: readonly DefinitionVersion[];
  /** Count funnels and the pipeline by this version on every day. */
  definitionVersion?: number;
  /** T, ms UTC. Reports stand no earlier than the last event, whatever is asked. */
  asOf: number;
  /** Local days, both inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  breakdown?: Breakdown;
  /** How many values it lists before `other`; default DEFAULT_BREAKDOWN_VALUES. */
  breakdownValues?: number;
  /** For converted totals, when the definition names a source. */
  fxRates?: readonly FxRate[];
};

export type Look = {
  world: World;
  inPeriod: InPeriod;
  period: Period;
  /** The same, each refund on the day of its order; of an order that is not known on its own. */
  byOrderDay: Period;
  /** The newest version's, or those of the version asked for. */
  funnels: readonly FunnelLook[];
  /** The default funnel of the version in force in the period. */
  pipeline: PipelineLook;
};

/** One funnel: its units' days, and the stages that all days of the period are counted by. */
export type FunnelLook = {
  funnel: Funnel;
  unitDays: readonly UnitDays[];
  stages: readonly string[];
  conflict: VersionConflict | null;
};

type PipelineLook = FunnelLook & {
  /** The days of the period whose figures are closed at T. */
  closed: InPeriod;
  /** The 28 local days before the period; null where no day of it is closed or the stages were not the same all along. */
  before: InPeriod | null;
};

const DAYS_BEFORE = 28;

export const lookAt = (input: ReferenceInput): Look => {
  const { definition, from, to } = input;
  const versions = input.versions ?? [{ from: null, definition }];
  const world = makeWorld({ ...input, versions });
  const inPeriod = createInPeriod(from, to);

  const asked = input.definitionVersion === undefined ? null : definitionNumbered(versions, input.definitionVersion);
  const versionsOfFunnels = asked === null ? versions : [{ from: null, definition: asked }];
  const lookThrough = (funnel: Funnel, alike: ReturnType<typeof countedAlike>): FunnelLook => ({
    funnel,
    unitDays: unitDaysOf(funnel, versionsOfFunnels, definition.tie_tolerance_ms, world.history),
    stages: alike.definition === null ? [] : stagesFor(funnel.unit, alike.definition.stages),
    conflict: alike.conflict,
  });
  const funnels = (asked ?? definition).funnels.map((funnel) =>
    lookThrough(funnel, countedAlike(versionsOfFunnels, funnel, from, to)),
  );
  const { funnel, ...alike } = defaultFunnelOf(versionsOfFunnels, from, to);
  const firstBefore = dayPlus(from, -DAYS_BEFORE);
  // A funnel closes when the window is over for all of a day; when a day has closed, so have those before it.
  const firstOpen = world.history.dayOf(world.asOf - funnel.window_ms);
  const pipeline = {
    ...lookThrough(funnel, alike),
    closed: (day: string) => inPeriod(day) && day < firstOpen,
    before:
      from < firstOpen && defaultFunnelOf(versionsOfFunnels, firstBefore, to).conflict === null
        ? createInPeriod(firstBefore, dayPlus(from, -1))
        : null,
  };

  const { dayOf, orders } = world.history;
  const refundsDated = (at: (refund: Refund) => number): DatedRefund[] =>
    world.refunds
      .map((refund) => ({ ...refund, datedOn: dayOf(at(refund)) }))
      .filter(({ datedOn }) => inPeriod(datedOn));
  const orderedAt = new Map(orders.map(({ order }) => [order.order_id, order.ordered_at]));
  const period = {
    carts: world.carts.filter((c) => inPeriod(c.openedOn)),
    orders: orders.filter(({ order }) => inPeriod(dayOf(order.ordered_at))),
    refunds: refundsDated((refund) => refund.refunded_at),
    cartOf: world.cartOf,
  };
  const byOrderDay = {
    ...period,
    refunds: refundsDated((refund) => orderedAt.get(refund.order_id) ?? refund.refunded_at),
  };
  return { world, inPeriod, period, byOrderDay, funnels, pipeline };
};
