import { lastGeneration } from '@cartledger/ingest/testing';
import { answer } from '../answer.ts';
import { big, int, text } from '../value.ts';
import { largest } from './sets.ts';

export const INGEST = [
  answer(lastGeneration, (from, { log_epoch, log_partition }) => {
    const runs = from.table('intake_runs').raw();
    const mine = runs.filter(
      (run) => text(run, 'log_epoch') === log_epoch && int(run, 'log_partition') === log_partition,
    );
    return [{ generation: `${largest(mine.map((run) => big(run, 'generation')))}` }];
  }),
];
