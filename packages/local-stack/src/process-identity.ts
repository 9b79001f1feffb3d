import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * What tells the process `pid` from a later one that was given the same number: its start time and the boot it
 * belongs to. Undefined when no such process lives (a dead one that its parent has not collected yet is not alive).
 */
export const processIdentity = (pid: number): string | undefined =>
  existsSync('/proc/self/stat') ? identityFromProc(pid) : identityFromPs(pid);

const identityFromProc = (pid: number): string | undefined => {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process
  }
  // The command, in parentheses, may itself hold spaces and parentheses: what follows its last one is regular.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}/${rest[18]}`; // field 22 of stat(5): start time in ticks since boot
};

const identityFromPs = (pid: number): string | undefined => {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined; // ps exits with 1 when no such process lives
  }
};
