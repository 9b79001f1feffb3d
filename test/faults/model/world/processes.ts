import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * One process of the product. Killed, it does nothing any more: its timers and the answers to it are dropped, what it
 * awaits never comes, and no `finally` of it runs, as with SIGKILL; requests it has sent stay with the servers. Paused,
 * it is a process under SIGSTOP: nothing reaches it until it goes on, and then everything does.
 */
export type Process = {
  readonly name: string;
  /** Grows with every start of a process of that name. */
  readonly incarnation: number;
  state: 'alive' | 'paused' | 'dead';
};

/** Whose code is running. */
export const running = new AsyncLocalStorage<Process | null>();

export const nameOf = (process: Process | null): string =>
  process === null ? '-' : `${process.name}#${process.incarnation}`;
