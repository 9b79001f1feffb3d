import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';

/**
 * The exit status of a child that this process does nothing but wait for. Signals are handed on to it, SIGINT too: only a
 * terminal's Ctrl-C reaches the child by itself, one sent to this process alone does not. The child takes the copies of
 * one signal for one (runMain).
 */
export const waitFor = (child: ChildProcess, signals: Pick<EventEmitter, 'on'>): Promise<number> =>
  new Promise((ended, failed) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signals.on(signal, () => child.kill(signal));
    child.on('error', failed);
    child.on('exit', (code) => ended(code ?? 1));
  });
