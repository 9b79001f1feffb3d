import { type Command, Option } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { withInstance } from '../options.ts';

type Options = InstanceOptions & { store: string; scope: string };

const create = async ({ store, scope, ...options }: Options): Promise<void> => {
  const client = createClient(await findInstance(options));
  const response = await client.send('POST', `/api/v1/stores/${encodeURIComponent(store)}/keys`, { json: { scope } });
  const { key } = z.object({ key: z.string() }).parse(await response.json());
  // The key alone: `KEY=$(npx cartledger keys create ...)` works, and nothing keeps it but who asked.
  process.stdout.write(`${key}\n`);
};

export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('keys of a store');
  withInstance(keys.command('create'))
    .description('make a key and print it, once')
    .requiredOption('--store <id>', 'the store')
    .addOption(
      new Option('--scope <scope>', 'what it may do').choices(['events:write', 'reports:read']).makeOptionMandatory(),
    )
    .action(create);
};
