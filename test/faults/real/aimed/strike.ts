import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AIM_VARIABLE, type Aim, DISARM, nameOfAim } from '../aims.ts';

/** Where the one who started this process reads what it has done to itself. */
const TOLD = 3;
/** A request has left this process by then, and its answer may or may not have come. */
const UNDER_WAY_MS = 3;

const isAim = (value: unknown): value is Aim =>
  typeof value === 'object' && value !== null && 'step' in value && 'when' in value && 'nth' in value;

const readAim = (): Aim | null => {
  const text = process.env[AIM_VARIABLE];
  const given: unknown = text === undefined ? null : JSON.parse(text);
  return isAim(given) ? given : null;
};

let aim = readAim();
const seen = new Map<string, number>();
process.on(DISARM, () => {
  aim = null;
});

const strike = async (struck: Aim): Promise<void> => {
  aim = null;
  writeSync(TOLD, `${nameOfAim(struck)}\n`);
  process.kill(process.pid, struck.signal);
  // Killed, it does not come back from here.
  if (struck.signal === 'SIGKILL') await Promise.withResolvers<never>().promise;
};

/** Does the work, and ends or stops this process around it where it was aimed at. */
export const around = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
  const count = (seen.get(step) ?? 0) + 1;
  seen.set(step, count);
  const due = aim?.step === step && count >= aim.nth ? aim : null;
  if (due?.when === 'before') await strike(due);
  const doing = work();
  if (due?.when === 'during') {
    // It is awaited below, should the process live.
    doing.catch(() => {});
    await delay(UNDER_WAY_MS);
    await strike(due);
  }
  const result = await doing;
  if (due?.when === 'after' && aim === due) await strike(due);
  return result;
};
