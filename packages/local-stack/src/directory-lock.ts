import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalStackError } from './errors.ts';
import { processIdentity } from './process-identity.ts';
import { until } from './until.ts';

export interface DirectoryLock {
  /** Names another process as the holder: the server that was started for the directory. */
  handTo(pid: number): void;
  /** Safe to call again, and after another one has taken the lock over from a dead holder. */
  release(): void;
}

/**
 * Takes the lock file for this process. A lock whose holder is dead is taken over; one whose holder lives is waited
 * for (a server whose parent was just killed needs a moment to follow it), then refused, naming the holder.
 */
export const lockDirectory = async (
  file: string,
  what: string,
  { waitMs = 2000 }: { waitMs?: number } = {},
): Promise<DirectoryLock> => {
  mkdirSync(dirname(file), { recursive: true });
  const taken = await until(() => tryLock(file), { timeoutMs: waitMs });
  if (!taken) {
    throw new LocalStackError(
      'directory_in_use',
      `${what} is in use by the running process ${holderOf(file)?.pid ?? '(unknown)'} (lock file ${file}): stop that process, or use another directory`,
    );
  }
  let mine = process.pid;
  return {
    handTo: (pid) => {
      writeFileSync(file, holder(pid));
      mine = pid;
    },
    release: () => {
      // Once its server was killed, the lock may long be another one's.
      if (holderOf(file)?.pid === mine) rmSync(file, { force: true });
    },
  };
};

const tryLock = (file: string): true | undefined => {
  try {
    writeFileSync(file, holder(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const current = holderOf(file);
  if (current !== undefined && processIdentity(current.pid) === current.identity) return undefined;
  // Two who find the same dead holder may both get here and both win; the servers' own locks on their files decide then.
  rmSync(file, { force: true });
  return tryLock(file);
};

const holder = (pid: number): string => `${pid} ${processIdentity(pid) ?? 'gone'}\n`;

const holderOf = (file: string): { pid: number; identity: string } | undefined => {
  try {
    const [, pid, identity] = /^(\d+) (.+)\n$/.exec(readFileSync(file, 'utf8')) ?? [];
    return pid === undefined || identity === undefined ? undefined : { pid: Number(pid), identity };
  } catch {
    return undefined; // released meanwhile
  }
};
