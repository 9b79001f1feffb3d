import { ConfigError } from './config.ts';
import type { Logger } from './logger.ts';

/** Something started that has to be stopped. */
export type Running = { stop(): Promise<void> };

export type Life = {
  /** Brings the process down in order, with exit status 1: for failures that only a new start mends. */
  fail(error: unknown): void;
  /** Aborted when the end begins, so that a long start can leave off early. */
  readonly stopping: AbortSignal;
};

/** What of the process runMain touches; replaced in tests. */
export type Host = {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): unknown;
  stderr: { write(text: string): unknown };
};

export type RunMainOptions = {
  logger: Logger;
  /** How long an orderly stop may take; container engines kill after 10 s. */
  stopTimeoutMs?: number;
  host?: Host;
  /** ms, of a clock that never goes back. */
  now?: () => number;
};

/** A terminal's Ctrl-C comes to a whole group of processes, whose parents hand it on: its copies are one signal. */
const COPIES_MS = 1_000;
const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * A process's life: start; on SIGINT or SIGTERM (or fail()) one orderly stop, bounded; a second signal (not a
 * copy of the first, which comes within a second), or the bound, ends it at once. Exit status: 0 stopped in order by a signal; 1 failed, or the stop took too long;
 * 2 the configuration, or what it names, cannot be used; 130 or 143 forced by a second signal.
 *
 * States: starting -> running -> stopping -> ended. A signal while starting stops what start() answers as soon
 * as it answers, so nothing half started is left behind.
 */
export const runMain = async (
  start: (life: Life) => Promise<Running>,
  { logger, stopTimeoutMs = 9_500, host = process, now = () => performance.now() }: RunMainOptions,
): Promise<void> => {
  const end = Promise.withResolvers<number>();
  const stopping = new AbortController();

  const beginEnd = (status: number): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    // The bound covers a start that does not come to its end, too.
    setTimeout(() => {
      logger.error({ stopTimeoutMs }, 'did not stop in time; ending now');
      host.exit(1);
    }, stopTimeoutMs).unref();
    end.resolve(status);
  };
  let first: { signal: string; at: number } | null = null;
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (first?.signal === signal && now() - first.at < COPIES_MS) return;
    first ??= { signal, at: now() };
    if (stopping.signal.aborted) {
      logger.warn({ signal }, 'a second signal: ending at once');
      host.exit(SIGNAL_STATUS[signal]);
      return;
    }
    logger.info({ signal }, 'stopping');
    beginEnd(0);
  };
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'failed; stopping');
    const refused = error instanceof ConfigError;
    // Found out only when others answered: told as what is wrong at the start is told.
    if (refused && !stopping.signal.aborted) host.stderr.write(`${error.message}\n`);
    beginEnd(refused ? 2 : 1);
  };
  host.on('SIGINT', () => onSignal('SIGINT'));
  host.on('SIGTERM', () => onSignal('SIGTERM'));
  host.on('uncaughtException', fail);

  let running: Running;
  try {
    running = await start({ fail, stopping: stopping.signal });
  } catch (error) {
    if (error instanceof ConfigError) host.stderr.write(`${error.message}\n`);
    else logger.fatal({ err: error }, 'could not start');
    host.exit(error instanceof ConfigError ? 2 : 1);
    return;
  }
  const status = await end.promise;
  try {
    await running.stop();
    logger.info('stopped');
    host.exit(status);
  } catch (error) {
    logger.fatal({ err: error }, 'did not stop in order');
    host.exit(1);
  }
};
