import { SHOW_LETTER } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { letterText } from '../letter-text.ts';
import { withInstance } from '../options.ts';

const DEFAULT_WIDTH = 100;

type Options = InstanceOptions & { json?: true; raw?: true };

const show = async (id: string, { json, raw, ...instance }: Options): Promise<void> => {
  const letter = await askIngest(createClient(await findInstance(instance)), SHOW_LETTER, { query: { id } });
  if (raw) {
    if (letter.value === null) throw new CliError(`letter ${letter.short_id} has no bytes`);
    process.stdout.write(Buffer.from(letter.value.data, letter.value.encoding));
  } else if (json) process.stdout.write(`${JSON.stringify(letter, null, 2)}\n`);
  else process.stdout.write(`${letterText(letter, process.stdout.columns ?? DEFAULT_WIDTH)}\n`);
};

export const addDeadLettersShow = (letters: Command): void => {
  withInstance(letters.command('show').argument('<letter>', 'as the list prints it: partition/offset'))
    .description('print a letter as it was, why it is one, and what to do about it')
    .option('--json', 'print it as JSON')
    .option('--raw', 'print its bytes and nothing else')
    .action(show);
};
