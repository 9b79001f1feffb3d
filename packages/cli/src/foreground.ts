import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';

/**
 * The exit status of a child that this process does nothing but wait for; `killed` is told of a signal that ended it and
 * was not handed on from here: such a child could say nothing itself. Signals are handed on to it, SIGINT too: only a
 * terminal's Ctrl-C reaches the child by itself, one sent to this process alone does not. The child takes the copies of
 * one signal for one (runMain).
 */
export const waitFor = (
  child: ChildProcess,
  signals: Pick<EventEmitter, 'on'>,
  killed: (signal: NodeJS.Signals) => void,
): Promise<number> =>
  new Promise((ended, failed) => {
    const handedOn = new Set<NodeJS.Signals>();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      signals.on(signal, () => {
        handedOn.add(signal);
        child.kill(signal);
      });
    child.on('error', failed);
    child.on('exit', (code, signal) => {
      if (signal !== null && !handedOn.has(signal)) killed(signal);
      ended(code ?? 1);
    });
  });
