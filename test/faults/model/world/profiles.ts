import type { Tape } from './tape.ts';

export const FAULTS = [
  'kill',
  'pause',
  'terminate',
  'rebalance',
  'expel',
  'remake',
  'truncate',
  'store_down',
  'store_read_only',
  'log_down',
  'control_down',
  'clock_jump',
] as const;
export type Fault = (typeof FAULTS)[number];

export type PlanWeights = {
  refused: number;
  lost_request: number;
  lost_answer: number;
  late: number;
  twice: number;
  torn: number;
};

export type Server = 'log' | 'store' | 'control';

/** Which faults a seed has, and how often. All weights are of 1,000. */
export type Profile = {
  readonly name: string;
  /** A turn of the scheduler takes another step than the oldest, or lets time pass though something could be done. */
  readonly reorder: number;
  readonly advance: number;
  /** A turn is a fault of `faults`, of which there are at most `budget`. */
  readonly fault: number;
  readonly budget: number;
  /** A process is killed just when a step of it has happened, of which there are a dozen: crash-points.ts. */
  readonly crash: number;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly calls: Readonly<Record<Server, PlanWeights>>;
  /** Calls answered late, and fetches handed over late. */
  readonly slow: number;
  /** Batches handed over after their assignment is over; or that begin with what was handed over before. */
  readonly stale: number;
  readonly overlap: number;
  /** Offsets without a record. */
  readonly gaps: number;
  /** Commits that land although the group has moved on. */
  readonly unfenced: number;
  readonly shop: {
    readonly bad: number;
    readonly poison: number;
    readonly repeated: number;
    readonly contradicted: number;
  };
};

const NO_PLANS: PlanWeights = { refused: 0, lost_request: 0, lost_answer: 0, late: 0, twice: 0, torn: 0 };
const SOME: PlanWeights = { refused: 15, lost_request: 5, lost_answer: 15, late: 5, twice: 5, torn: 5 };
const MANY: PlanWeights = { refused: 60, lost_request: 15, lost_answer: 60, late: 25, twice: 20, torn: 40 };
const NO_FAULTS: Readonly<Record<Fault, number>> = {
  kill: 0,
  pause: 0,
  terminate: 0,
  rebalance: 0,
  expel: 0,
  remake: 0,
  truncate: 0,
  store_down: 0,
  store_read_only: 0,
  log_down: 0,
  control_down: 0,
  clock_jump: 0,
};

/** Nothing goes wrong. */
export const CALM: Profile = {
  name: 'calm',
  reorder: 0,
  advance: 0,
  fault: 0,
  budget: 0,
  crash: 0,
  faults: NO_FAULTS,
  calls: { log: NO_PLANS, store: NO_PLANS, control: NO_PLANS },
  slow: 0,
  stale: 0,
  overlap: 0,
  gaps: 0,
  unfenced: 0,
  shop: { bad: 0, poison: 0, repeated: 0, contradicted: 0 },
};

type Given = Partial<Omit<Profile, 'faults' | 'calls'>> & {
  faults?: Partial<Record<Fault, number>>;
  calls?: Partial<Record<Server, PlanWeights>>;
};

const profile = (name: string, given: Given): Profile => ({
  ...CALM,
  reorder: 250,
  advance: 40,
  fault: 12,
  budget: 4,
  crash: 12,
  slow: 60,
  stale: 100,
  overlap: 40,
  gaps: 20,
  unfenced: 300,
  shop: { bad: 80, poison: 20, repeated: 80, contradicted: 30 },
  ...given,
  name,
  faults: { ...NO_FAULTS, ...given.faults },
  calls: { log: SOME, store: SOME, control: SOME, ...given.calls },
});

const PROFILES: readonly [Profile, ...Profile[]] = [
  profile('crash', { faults: { kill: 10, terminate: 2 }, fault: 16 }),
  profile('crash of the idle', {
    faults: { kill: 10, terminate: 2, pause: 2 },
    calls: { log: { ...MANY, lost_request: 200 } },
    slow: 150,
    crash: 20,
    shop: { bad: 500, poison: 20, repeated: 80, contradicted: 30 },
  }),
  profile('rebalance and zombies', {
    faults: { rebalance: 12, pause: 6, expel: 4, kill: 2 },
    calls: { store: MANY },
    stale: 700,
    overlap: 120,
    fault: 30,
    budget: 10,
    slow: 400,
  }),
  profile('store trouble', {
    faults: { store_down: 6, store_read_only: 4, kill: 2 },
    calls: { store: MANY },
    slow: 120,
  }),
  profile('log trouble', { faults: { log_down: 6, kill: 3, rebalance: 2 }, calls: { log: MANY }, gaps: 80, slow: 120 }),
  profile('topic made anew', { faults: { remake: 8, kill: 3, pause: 1, rebalance: 2 }, fault: 20 }),
  profile('retention', {
    faults: { truncate: 8, kill: 4, pause: 2, rebalance: 5 },
    calls: { log: MANY },
    fault: 30,
    budget: 6,
    slow: 120,
  }),
  profile('poison and repeats', {
    faults: { kill: 4 },
    calls: { store: MANY },
    shop: { bad: 200, poison: 120, repeated: 250, contradicted: 120 },
  }),
  profile('pauses', {
    faults: { pause: 10, clock_jump: 2, control_down: 3, kill: 2 },
    fault: 20,
    budget: 6,
    slow: 200,
  }),
  profile('all', {
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, fault === 'kill' ? 5 : 2])),
    calls: { log: MANY, store: MANY, control: SOME },
    stale: 250,
    overlap: 100,
    gaps: 60,
    slow: 120,
    fault: 25,
    budget: 8,
    shop: { bad: 120, poison: 60, repeated: 150, contradicted: 80 },
  }),
];

export const PROFILE_COUNT = PROFILES.length;

/** The profile of that number with a part of its faults left out: fewer at once go further than all of them (swarm). */
export const drawProfile = (tape: Tape): Profile => {
  const whole = PROFILES[tape.below(PROFILES.length, 'profile')] ?? PROFILES[0];
  const keeps = (what: string): boolean => tape.pick([700, 300], `without ${what}`) === 0;
  const faults = { ...whole.faults };
  for (const fault of FAULTS) if (faults[fault] > 0 && !keeps(fault)) faults[fault] = 0;
  const keepPlans = (server: Server): PlanWeights =>
    keeps(`faulty calls of ${server}`) ? whole.calls[server] : NO_PLANS;
  return {
    ...whole,
    faults,
    crash: faults.kill > 0 ? whole.crash : 0,
    calls: { log: keepPlans('log'), store: keepPlans('store'), control: keepPlans('control') },
    slow: keeps('slowness') ? whole.slow : 0,
    stale: keeps('stale batches') ? whole.stale : 0,
    overlap: keeps('overlaps') ? whole.overlap : 0,
    gaps: keeps('gaps') ? whole.gaps : 0,
  };
};
