import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './config.ts';
import { killSignal, type Supervised } from './supervised.ts';
import { until } from './until.ts';

export interface TiedProcess {
  readonly pid: number;
  /** Settles when the process has ended, whoever ended it. */
  readonly exited: Promise<void>;
  hasExited(): boolean;
  /** Asks it to end, and kills it when it has not within `graceMs`. Safe to call twice and after its end. */
  stop(graceMs: number): Promise<void>;
  /** kill -9. Resolves when nothing of it is left. */
  kill(): Promise<void>;
}

/**
 * Starts one of this package's child programs (`entry`, TypeScript run by this Node), whose standard input is a pipe
 * that this process holds: the child ends when the pipe does, so it never outlives its parent, not even one that was
 * killed. It has a process group of its own, so that Ctrl-C reaches only the parent, which stops it in its own order.
 * What the child prints goes to `logFile`, which is begun anew.
 */
export const spawnTied = async (
  entry: URL,
  args: string[],
  { logFile, env, killSignal = 'SIGKILL' }: { logFile: string; env: NodeJS.ProcessEnv; killSignal?: NodeJS.Signals },
): Promise<TiedProcess> => {
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [fileURLToPath(entry), ...args], {
    stdio: ['pipe', log, log],
    env,
    detached: true,
  });
  closeSync(log);
  // Without a listener, the pipe breaking when the child dies would be an uncaught error here.
  child.stdin?.on('error', () => {});
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${fileURLToPath(entry)} has no process id`);

  const hasExited = () => child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals) => {
    if (!hasExited()) child.kill(name);
  };
  return {
    pid,
    exited,
    hasExited,
    stop: async (graceMs) => {
      signal('SIGTERM');
      await until(() => hasExited() || undefined, { timeoutMs: graceMs });
      signal(killSignal);
      await exited;
    },
    kill: async () => {
      signal(killSignal);
      await exited;
    },
  };
};

/** A server of another language, tied to this process in the same way. */
export const spawnSupervised = (supervised: Supervised, logFile: string): Promise<TiedProcess> =>
  spawnTied(new URL('./supervisor.ts', import.meta.url), [JSON.stringify(supervised)], {
    logFile,
    env: childEnvironment(),
    killSignal,
  });

/** Puts a log aside, so that an error shows only what this start wrote, and the one before can still be read. */
export const keepPrevious = (logFile: string): void => {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
};

/** The last lines of those log files that exist, for an error message. */
export const lastLines = (files: string[], count = 12): string =>
  files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8').trim().split('\n').filter(isNoStackFrame).slice(-count).join('\n'))
    .filter((text) => text !== '')
    .join('\n');

const isNoStackFrame = (line: string): boolean => !/^\s*(\d+\. |at )/.test(line);
