import type { Command } from 'commander';
import { addDeadLettersList } from './dead-letters-list.ts';
import { addDeadLettersReplay } from './dead-letters-replay.ts';
import { addDeadLettersReplays } from './dead-letters-replays.ts';
import { addDeadLettersShow } from './dead-letters-show.ts';

export const addDeadLetters = (program: Command): void => {
  const letters = program
    .command('dead-letters')
    .description('what could not be taken in: list it, look at it, and replay it once the cause is mended');
  addDeadLettersList(letters);
  addDeadLettersShow(letters);
  addDeadLettersReplay(letters);
  addDeadLettersReplays(letters);
};
