import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from './errors.ts';

/** Longer than another's turn at the server, which answers `busy` meanwhile. */
const PATIENCE = { tries: 30, waitMs: 1_000 };

/** Asks again while somebody else is at it. */
export const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'busy' || tries === PATIENCE.tries) throw error;
      await delay(PATIENCE.waitMs);
    }
  }
};
