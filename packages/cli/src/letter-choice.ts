import type { Command } from 'commander';
import { moment } from './moment.ts';

/** Which letters are meant; times as RFC 3339. */
export type LetterChoice = { reason?: string; store?: string; from?: string; to?: string };

export const choiceOf = ({ reason, store, from, to }: LetterChoice): LetterChoice => ({
  ...(reason !== undefined && { reason }),
  ...(store !== undefined && { store }),
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

/** The options that say so. */
export const withChoice = (command: Command): Command =>
  command
    .option('--reason <code>', 'of that reason, such as unknown_store')
    .option('--store <id>', 'of the store that their bytes or their key name, whether it is here or not')
    .option('--from <time>', 'set aside from then on: a time, a day, or how long ago (2h, 7d)', moment)
    .option('--to <time>', 'set aside before then', moment);
