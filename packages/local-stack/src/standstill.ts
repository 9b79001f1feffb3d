import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

const timeoutMs = 10_000;

/**
 * Resolves when each thread of a process that was sent SIGSTOP stands. They stop one by one, and what still runs may
 * still answer. Resolves at once where the process has ended, or where the system tells of no threads (macOS).
 */
export const standstill = async (pid: number): Promise<void> => {
  const threads = `/proc/${pid}/task`;
  const stands = (thread: string) => /\) [TZX] /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'));
  const allStand = () => {
    if (!existsSync(threads)) return true;
    try {
      return readdirSync(threads).every(stands) || undefined;
    } catch {
      return undefined; // a thread, or the process, ended meanwhile: looked at again
    }
  };
  if ((await until(allStand, { timeoutMs })) === undefined)
    throw new Error(`of process ${pid} not all threads stand ${timeoutMs} ms after SIGSTOP`);
};
