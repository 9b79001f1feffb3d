import { befall } from './faults.ts';
import { type Stage, setStage } from './seed.ts';
import { enter, install, real } from './world/builtins.ts';
import { drawProfile } from './world/profiles.ts';
import { createWorld, SeedFailure, START, type World } from './world/scheduler.ts';
import type { Tape } from './world/tape.ts';

export type Outcome = {
  profile: string;
  steps: number;
  virtualMs: number;
  ms: number;
  failure: { kind: string; message: string } | null;
  tape: readonly number[];
  trace: readonly string[];
  stats: Readonly<Record<string, number>>;
};

const CHAOS_MS = 40_000;
const CHAOS_STEPS = 12_000;
const CALM_MS = 20 * 60_000;
const CALM_STEPS = 60_000;
const SETTLED_MS = 5_000;
/** The sweep has looked through everything once. */
const DAY_HOURS = 25;
/** Real time: beyond it something turns for ever. */
const PATIENCE_MS = 40_000;

let unhandled: unknown = null;
let isListening = false;

const listen = (): void => {
  if (isListening) return;
  isListening = true;
  process.on('unhandledRejection', (reason) => {
    unhandled ??= reason ?? new Error('a rejection without a reason');
  });
};

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** Everything that follows has happened, and nothing of it has failed. */
const quiesce = async (world: World, startedAt: number): Promise<void> => {
  await world.quiesce();
  if (world.failure !== null) throw world.failure;
  if (unhandled !== null) world.fail('unhandled', textOf(unhandled));
  if (real.performanceNow() - startedAt > PATIENCE_MS) world.fail('endless', `still running after ${PATIENCE_MS} ms`);
};

const advance = (world: World): void => {
  const next = world.nextAt();
  if (next === null) world.fail('model', 'nothing is left to be done');
  else world.clock.pass(Math.max(0, next - world.now()));
};

const chaos = async (world: World, stage: Stage, startedAt: number): Promise<number> => {
  const { reorder, advance: advances, fault } = world.profile;
  let faults = 0;
  let steps = 0;
  for (; steps < CHAOS_STEPS && world.now() < START + CHAOS_MS + faults * 5_000; steps += 1) {
    await quiesce(world, startedAt);
    const mayFail = faults < world.profile.budget ? fault : 0;
    const turn = world.pick([1_000 - reorder - advances - mayFail, reorder, advances, mayFail], 'turn');
    const ready = world.ready();
    const first = ready[0];
    if (turn === 3) {
      faults += 1;
      befall(world, stage);
    } else if (first === undefined || turn === 2) advance(world);
    else world.take((turn === 1 ? ready[world.below(ready.length, 'which')] : first) ?? first);
  }
  return steps;
};

const calm = async (world: World, stage: Stage, startedAt: number): Promise<number> => {
  world.calm = true;
  for (const process of world.processes) world.resume(process);
  const began = world.now();
  let settledAt: number | null = null;
  let why: string | null = null;
  let steps = 0;
  for (; steps < CALM_STEPS && world.now() - began < CALM_MS; steps += 1) {
    await quiesce(world, startedAt);
    const first = world.ready()[0];
    if (first !== undefined) {
      world.take(first);
      continue;
    }
    why = stage.waitsFor();
    settledAt = why === null ? (settledAt ?? world.now()) : null;
    if (settledAt !== null && world.now() - settledAt >= SETTLED_MS) return steps;
    advance(world);
  }
  return world.fail('not settled', `${why} after ${steps} steps and ${(world.now() - began) / 1_000} s of calm`);
};

/** Chaos, then calm, then the oracle. The same tape makes the same trace. */
export const runSeed = async (
  tape: Tape,
  { onlyEnd = false, keepTrace = false }: { onlyEnd?: boolean; keepTrace?: boolean } = {},
): Promise<Outcome> => {
  install();
  listen();
  unhandled = null;
  const startedAt = real.performanceNow();
  const profile = drawProfile(tape);
  const world = createWorld(tape, profile, { keepTrace });
  let failure: Outcome['failure'] = null;
  let stage: Stage | null = null;
  let steps = 0;
  enter(world);
  try {
    stage = await setStage(world, { onlyEnd });
    const goesOn = world.pick([900, 100], 'a day goes by') === 1;
    stage.fleet.start();
    steps += await chaos(world, stage, startedAt);
    steps += await calm(world, stage, startedAt);
    if (stage.fleet.fatalInCalm > 5) world.fail('fatal', `${stage.fleet.fatalInCalm} processes ended by themselves`);
    const isSwept = stage.needsSweep() || goesOn;
    if (isSwept) {
      world.count('a day went by');
      stage.fleet.sleep(DAY_HOURS);
      steps += await calm(world, stage, startedAt);
    }
    stage.judge(isSwept);
  } catch (error) {
    failure =
      error instanceof SeedFailure
        ? { kind: error.kind, message: error.message }
        : { kind: 'model', message: textOf(error) };
  } finally {
    enter(null);
    await stage?.close();
  }
  return {
    profile: profile.name,
    steps,
    virtualMs: world.now() - START,
    ms: real.performanceNow() - startedAt,
    failure,
    tape: tape.values,
    trace: world.trace,
    stats: world.stats,
  };
};
