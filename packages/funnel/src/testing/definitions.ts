import { CHECKOUT_STEPS, type Delivery } from '@cartledger/events';
import {
  DAY_MS,
  DEFAULT_DEFINITION,
  type Definition,
  type DefinitionVersion,
  FUNNEL_MODES,
  FUNNEL_UNITS,
  type Funnel,
  HOUR_MS,
  MINUTE_MS,
  type PropertyTest,
  type StagePredicate,
} from '../definition.ts';
import { createCalendar } from '../ledger/calendar.ts';
import { type Random, someOf } from './random.ts';
import { ZONES } from './zones.ts';

/** Stages of the store's own naming. The last is also a name that every object has. */
const OWN_STAGES = ['looked', 'serious', 'constructor'] as const;

const STAGES: readonly [readonly string[], ...(readonly string[])[]] = [
  DEFAULT_DEFINITION.stages,
  ['visit', 'add_to_cart', 'checkout', 'checkout.contact', 'purchase'],
  ['purchase', 'custom:x', 'purchase'],
  ['add_to_cart', 'friction', 'refund'],
  ['visit', 'product_view'],
  ['looked', 'add_to_cart', 'serious', 'purchase'],
  ['visit', 'looked', 'constructor'],
  ['add_to_cart', 'looked', 'checkout.payment', 'serious', 'purchase'],
];

const FUNNELS: readonly Pick<Funnel, 'unit' | 'mode'>[] = FUNNEL_UNITS.flatMap((unit) =>
  FUNNEL_MODES.map((mode) => ({ unit, mode })),
);

const randomTest = (random: Random): PropertyTest => {
  const property = random.pick(['plan', 'n', 'flag', 'valueOf']);
  return random.pick<() => PropertyTest>([
    () => ({ property, exists: random.chance(0.5) }),
    () => ({ property, equals: random.pick<string | number>(['gold', '1', 1, 0, '']) }),
    () => ({ property: 'plan', in: random.pick<readonly string[]>([['gold', 'silver'], ['1'], ['']]) }),
    () => ({ property: 'plan', prefix: random.pick(['gold', 'g', 'G']) }),
    () => ({ property: 'n', less_than: random.pick([0, 1, 2]) }),
    () => ({ property: 'n', greater_than: random.pick([-2, 0, 1]) }),
  ])();
};

const randomPredicate = (random: Random): StagePredicate => {
  const type = random.pick<StagePredicate['type']>([
    'visit',
    'product_view',
    'add_to_cart',
    'cart_view',
    'checkout',
    'checkout',
    'friction',
    'refund',
    'custom:x',
  ]);
  return {
    type,
    ...(type === 'checkout' && random.chance(0.4) ? { checkout_step: random.pick(CHECKOUT_STEPS) } : {}),
    properties: Array.from({ length: random.below(3) }, () => randomTest(random)),
  };
};

/** What one version says of units, others may say otherwise. */
const randomUnitFields = (random: Random) => {
  const window_ms = random.pick([HOUR_MS, 7 * DAY_MS]);
  const stages = random.pick(STAGES);
  const own = OWN_STAGES.filter((name) => stages.includes(name));
  return {
    stages,
    stage_predicates: Object.fromEntries(own.map((name) => [name, randomPredicate(random)])),
    breakdown_properties: someOf(random, ['plan', 'n', 'flag', 'valueOf'], 0.5),
    abandon_ms: random.pick([HOUR_MS, HOUR_MS, 2 * HOUR_MS]),
    idle_ms: random.pick([30 * MINUTE_MS, HOUR_MS]),
    recovery_ms: random.pick([7 * DAY_MS, DAY_MS]),
    window_ms,
  };
};

const randomStoreFields = (random: Random) => ({
  time_zone: random.pick(['UTC', ...ZONES]),
  tie_tolerance_ms: random.pick([2_000, 2_000, 0]),
  bots: { exclude: random.chance(0.7), max_carts_per_day: random.pick([1, 2, 500]) },
});

/** Version 9, so that there is room for older ones. It has a funnel of every unit and mode. */
export const randomDefinition = (random: Random): Definition => {
  const { window_ms, ...unitFields } = randomUnitFields(random);
  return {
    ...DEFAULT_DEFINITION,
    version: 9,
    ...unitFields,
    ...randomStoreFields(random),
    funnels: FUNNELS.map((funnel) => ({ ...funnel, window_ms })),
  };
};

/**
 * One to four versions, oldest first, the last of them the one given. They come into force around the days of the
 * deliveries, not always in the order of their numbers, and older ones also state other zones, tolerances and bot
 * rules than the newest, which hold no more. Some leave out funnels that others have.
 */
export const randomVersions = (
  random: Random,
  newest: Definition,
  deliveries: readonly Pick<Delivery, 'occurred_at'>[],
): DefinitionVersion[] => {
  const { dayOf } = createCalendar(newest.time_zone);
  const times = deliveries.map((delivery) => delivery.occurred_at);
  const anyDay = (): string => dayOf(times[random.below(times.length)] ?? 0);
  const from = (): string | null => (random.chance(0.25) ? null : anyDay());
  const older = Array.from({ length: random.below(4) }, (_, i): DefinitionVersion => {
    const { window_ms, ...unitFields } = randomUnitFields(random);
    const funnels = someOf(random, FUNNELS, 0.8).map((funnel) => ({ ...funnel, window_ms }));
    const [first = { unit: 'visitor', mode: 'ordered', window_ms }] = funnels;
    const definition: Definition = {
      ...newest,
      version: newest.version - i - 1,
      ...unitFields,
      ...randomStoreFields(random),
      funnels: funnels.length > 0 ? funnels : [first],
    };
    return { from: from(), definition };
  });
  return [...older.reverse(), { from: older.length === 0 ? null : from(), definition: newest }];
};
