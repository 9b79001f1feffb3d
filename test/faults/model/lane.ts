/** A process of its own that runs every n-th seed of a range; started by lanes.ts, which it tells of each. */
import { type Outcome, runSeed } from './run-seed.ts';
import { PROFILE_COUNT } from './world/profiles.ts';
import { recordingTape, type Tape } from './world/tape.ts';

export type Task = { from: number; to: number; step: number; onlyEnd: boolean; untilFailure: boolean };
export type Told = { seed: number; outcome: Omit<Outcome, 'trace'> };

/** A seed goes by its number's profile first of all, so that a range has all of them alike. */
export const tapeOf = (seed: number): Tape => recordingTape(seed, [seed % PROFILE_COUNT]);

/** Every so often a seed runs twice, and has to go the same way. */
const TWICE_EVERY = 50;

const judgeReplay = async (seed: number, first: Outcome, onlyEnd: boolean): Promise<Outcome> => {
  const second = await runSeed(tapeOf(seed), { onlyEnd, keepTrace: true });
  const differs = first.trace.findIndex((line, index) => line !== second.trace[index]);
  if (differs === -1 && first.trace.length === second.trace.length) return first;
  const message = `run twice it goes another way at step ${differs}: ${first.trace[differs]} | ${second.trace[differs]}`;
  return { ...first, failure: first.failure ?? { kind: 'replay', message } };
};

export const runRange = async (task: Task, tell: (told: Told) => void): Promise<void> => {
  for (let seed = task.from; seed < task.to; seed += task.step) {
    const twice = seed % TWICE_EVERY === 0;
    let outcome = await runSeed(tapeOf(seed), { onlyEnd: task.onlyEnd, keepTrace: twice });
    if (twice) outcome = await judgeReplay(seed, outcome, task.onlyEnd);
    const { trace: _, ...told } = outcome;
    tell({ seed, outcome: told });
    if (task.untilFailure && outcome.failure !== null) return;
  }
};

const isTask = (message: unknown): message is Task =>
  typeof message === 'object' && message !== null && 'from' in message && 'to' in message && 'step' in message;

if (process.send !== undefined && import.meta.main) {
  // Who started it is gone: nobody is left to be told.
  process.once('disconnect', () => process.exit());
  process.once('message', (message) => {
    if (!isTask(message)) throw new TypeError('a lane is told its seeds');
    runRange(message, (told) => process.send?.(told)).then(
      () => process.disconnect(),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
