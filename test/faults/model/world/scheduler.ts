import { createRandom } from '@cartledger/funnel/testing';
import { type Clockwork, real } from './builtins.ts';
import { nameOf, type Process, running } from './processes.ts';
import type { Profile } from './profiles.ts';
import type { Tape } from './tape.ts';

type StepKind = 'timer' | 'send' | 'begin' | 'land' | 'answer' | 'deliver' | 'group' | 'fault' | 'input';

type Step = {
  readonly id: number;
  readonly kind: StepKind;
  /** 'insert events: land' */
  readonly label: string;
  /** Null: the servers'. A dead owner's steps are dropped, a paused one's wait. */
  readonly owner: Process | null;
  /** Not before, virtual ms. */
  readonly at: number;
  /** Synchronous; what it settles goes on in microtasks. */
  run(): void;
};

/** What the models tell of, for oracles and for each other. */
type Observed = {
  killed: Process;
  paused: Process;
  resumed: Process;
  /** A commit that the group has now. */
  committed: { groupId: string; topic: string; partition: number; offset: bigint; metadata: string };
  /** Rows that are in a table now. */
  inserted: { table: string; rows: readonly Readonly<Record<string, unknown>>[] };
  /** Positions that the control store was told. */
  reported: { topic: string; partition: number; position: bigint; taken_in_up_to: number };
  /** A store's state is in the database, new or old. */
  published: { store_id: string };
  /** Job state that the control store has now. */
  noted: { name: string; value: unknown };
  /** A process calls a server. */
  asked: { process: Process; label: string };
  /** What a call of a process to a server has done, whether or not it is ever told. */
  landed: { process: Process; label: string };
};

/** The end of a seed. `kind` is what shrinking keeps. */
export class SeedFailure extends Error {
  readonly kind: string;
  constructor(kind: string, message: string) {
    super(message);
    this.name = 'SeedFailure';
    this.kind = kind;
  }
}

export type World = Clockwork & {
  readonly tape: Tape;
  readonly profile: Profile;
  /** No more faults from now on; nothing is drawn any more. */
  calm: boolean;
  readonly clock: { now(): number; pass(ms: number): void };
  add(step: Omit<Step, 'id'>): Step;
  cancel(step: Step): void;
  spawn(name: string): Process;
  /** Runs as code of the process. */
  as<T>(process: Process | null, run: () => T): T;
  kill(process: Process): void;
  pause(process: Process, ms: number): void;
  resume(process: Process): void;
  readonly processes: readonly Process[];
  /** Draws, unless all is calm: then 0. What is not 0 is counted under `what`. */
  pick(weights: readonly number[], what: string): number;
  below(n: number, what: string): number;
  observe<K extends keyof Observed>(what: K, told: Observed[K]): void;
  on<K extends keyof Observed>(what: K, listener: (told: Observed[K]) => void): void;
  count(what: string, n?: number): void;
  readonly stats: Readonly<Record<string, number>>;
  /** Ends the seed. */
  fail(kind: string, message: string): never;
  readonly failure: SeedFailure | null;
  /** What can be done now, the oldest first. */
  ready(): Step[];
  /** When the next thing can be done; null: never. */
  nextAt(): number | null;
  take(step: Step): void;
  /** Everything that follows from the last step without another has happened. */
  quiesce(): Promise<void>;
  readonly trace: readonly string[];
  say(line: string): void;
};

export const START = Date.UTC(2026, 5, 15, 12);

export const createWorld = (
  tape: Tape,
  profile: Profile,
  { now: present, keepTrace = true }: { now?: () => number; keepTrace?: boolean } = {},
): World => {
  let now = START;
  let steps: Step[] = [];
  let ids = 0;
  let failure: SeedFailure | null = null;
  const processes: Process[] = [];
  const trace: string[] = [];
  const stats: Record<string, number> = {};
  const listeners: { [K in keyof Observed]?: ((told: Observed[K]) => void)[] } = {};
  // Chance of the product's own (backoff, ids): no decision of the scheduler's, so it is on no tape.
  const random = createRandom(1);

  const timeNow = (): number => present?.() ?? now;
  const say = (line: string): void => {
    if (keepTrace) trace.push(line);
  };

  const world: World = {
    say,
    tape,
    profile,
    calm: false,
    clock: {
      now: timeNow,
      pass: (ms) => {
        now += ms;
      },
    },
    now: timeNow,
    processes,
    trace,
    stats,
    add: (step) => {
      const added: Step = { ...step, id: ids++ };
      if (added.owner?.state !== 'dead') steps.push(added);
      return added;
    },
    cancel: (step) => {
      const index = steps.indexOf(step);
      if (index !== -1) steps.splice(index, 1);
    },
    after: (ms, label, run) => {
      const step = world.add({ kind: 'timer', label, owner: running.getStore() ?? null, at: timeNow() + ms, run });
      return () => world.cancel(step);
    },
    uuid: () => {
      const hex = (ids++).toString(16).padStart(12, '0');
      return `00000000-0000-4000-8000-${hex}`;
    },
    chance: () => random.below(2 ** 20) / 2 ** 20,
    spawn: (name) => {
      const incarnation = processes.filter((other) => other.name === name).length + 1;
      const process: Process = { name, incarnation, state: 'alive' };
      processes.push(process);
      return process;
    },
    as: (process, run) => running.run(process, run),
    kill: (process) => {
      if (process.state === 'dead') return;
      process.state = 'dead';
      steps = steps.filter(({ owner }) => owner !== process);
      say(`${nameOf(process)} killed`);
      world.observe('killed', process);
    },
    pause: (process, ms) => {
      if (process.state !== 'alive') return;
      process.state = 'paused';
      say(`${nameOf(process)} paused for ${ms} ms`);
      world.observe('paused', process);
      const label = `resume ${nameOf(process)}`;
      world.add({ kind: 'fault', label, owner: null, at: timeNow() + ms, run: () => world.resume(process) });
    },
    resume: (process) => {
      if (process.state !== 'paused') return;
      process.state = 'alive';
      world.observe('resumed', process);
    },
    pick: (weights, what) => {
      if (world.calm) return 0;
      const picked = tape.pick(weights, what);
      if (picked > 0) world.count(`${what} ${picked}`);
      return picked;
    },
    below: (n, what) => (world.calm ? 0 : tape.below(n, what)),
    observe: (what, told) => {
      for (const listener of listeners[what] ?? []) listener(told);
    },
    on: (what, listener) => {
      const all: ((told: Observed[typeof what]) => void)[] = listeners[what] ?? [];
      all.push(listener);
      Object.assign(listeners, { [what]: all });
    },
    count: (what, n = 1) => {
      stats[what] = (stats[what] ?? 0) + n;
    },
    fail: (kind, message) => {
      failure ??= new SeedFailure(kind, message);
      throw failure;
    },
    get failure() {
      return failure;
    },
    ready: () =>
      steps
        .filter(({ at, owner }) => at <= timeNow() && owner?.state !== 'paused')
        .sort((a, b) => a.at - b.at || a.id - b.id),
    nextAt: () => {
      let next: number | null = null;
      for (const { at, owner } of steps) if (owner?.state !== 'paused' && (next === null || at < next)) next = at;
      return next;
    },
    take: (step) => {
      world.cancel(step);
      say(`${nameOf(step.owner)} ${step.label}`);
      // Two assignments of one ms would be one run of ingest to its counts: no clock of two machines allows that.
      if (step.kind === 'group') now += 1;
      running.run(step.owner, step.run);
    },
    quiesce: () => new Promise((resolve) => real.setImmediate(resolve)),
  };
  return world;
};
