import { createControl } from '@cartledger/control';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { readDatabases } from '../config.ts';
import { CliError, told } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { count, type Format, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';

type Limits = { rate?: number; burst?: number };
/** What is told of a key; whatever else a server says of it is printed in no format. */
const keyRow = z.object({
  key_id: z.string(),
  scope: z.string(),
  created_at: z.string(),
  revoked_at: z.string().nullable(),
  events_per_second: z.number().nullable(),
  burst_events: z.number().nullable(),
});

type Options = InstanceOptions & Limits & { store?: string; scope: string };

/** The first key of an installation comes from whoever can reach its control store. */
const createAdmin = async (): Promise<string> => {
  const { CARTLEDGER_POSTGRES_URL: url } = readDatabases();
  if (url === undefined)
    throw new CliError(
      'an admin key is made in the control store itself: set CARTLEDGER_POSTGRES_URL. (A local instance has one in its instance.json.)',
      { exitStatus: 2 },
    );
  await using control = createControl({ dialect: 'postgres', url });
  return told('the control store of CARTLEDGER_POSTGRES_URL', async () => {
    await control.migrate();
    return (await control.keys.create(null, 'admin')).key;
  });
};

const keysOf = (store: string): string => `/api/v1/stores/${encodeURIComponent(store)}/keys`;

const createOfStore = async (
  store: string,
  { scope, rate, burst, ...options }: Omit<Options, 'store'>,
): Promise<string> => {
  const client = createClient(await findInstance(options));
  const response = await client.send('POST', keysOf(store), {
    json: { scope, events_per_second: rate, burst_events: burst },
  });
  return z.object({ key: z.string() }).parse(await response.json()).key;
};

const create = async ({ store, ...options }: Options): Promise<void> => {
  const { scope, rate, burst } = options;
  if (scope !== 'events:write' && (rate !== undefined || burst !== undefined))
    throw new CliError('--rate and --burst limit keys of scope events:write: leave them out', { exitStatus: 2 });
  if (scope !== 'admin' && store === undefined)
    throw new CliError(`a key of scope ${scope} is one store's: name it with --store ID`, { exitStatus: 2 });
  const key = scope === 'admin' || store === undefined ? await createAdmin() : await createOfStore(store, options);
  // The key alone: `KEY=$(npx cartledger keys create ...)` works, and nothing keeps it but who asked.
  process.stdout.write(`${key}\n`);
};

type OfStore = InstanceOptions & { store: string };

const listKeys = async ({ store, format, ...options }: OfStore & { format: Format }): Promise<void> => {
  const response = await createClient(await findInstance(options)).send('GET', keysOf(store));
  const { keys } = z.object({ keys: z.array(keyRow) }).parse(await response.json());
  print(
    format,
    keys,
    [
      { name: 'key_id' },
      { name: 'scope' },
      { name: 'created_at' },
      { name: 'revoked_at' },
      { name: 'events_per_second', align: 'right' },
      { name: 'burst_events', align: 'right' },
    ],
    keys.map((key) => [key.key_id, key.scope, key.created_at, key.revoked_at, key.events_per_second, key.burst_events]),
  );
};

/** Who has only the key itself may name it by that: its id alone is sent and printed. */
const idOf = (given: string): string => /^ck_[wra]_([0-9a-z]{12})_/.exec(given)?.[1] ?? given;

const revoke = async (given: string, { store, ...options }: OfStore): Promise<void> => {
  const key_id = idOf(given);
  await createClient(await findInstance(options)).send('DELETE', `${keysOf(store)}/${encodeURIComponent(key_id)}`);
  say(`Key ${key_id} of store ${store} is revoked: it is refused everywhere within seconds.`);
};

export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('keys of a store, and the first one of an installation');
  withInstance(keys.command('create'))
    .description('make a key and print it, once')
    .option('--store <id>', 'the store')
    .addOption(
      new Option(
        '--scope <scope>',
        'what it may do; admin: everything, made in the database of CARTLEDGER_POSTGRES_URL',
      )
        .choices(['events:write', 'reports:read', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--rate <events>', 'events a second that it may send to each collector, instead of the configured', count)
    .option('--burst <events>', 'events at once after a quiet time; default: five seconds of --rate', count)
    .action(create);
  withFormat(withInstance(keys.command('list')))
    .description('list the keys of a store by their ids, revoked ones too; the keys themselves are kept nowhere')
    .requiredOption('--store <id>', 'the store')
    .action(listKeys);
  withInstance(keys.command('revoke').argument('<key_id>', 'as `keys list` names it'))
    .description('refuse a key from now on, for good')
    .requiredOption('--store <id>', 'the store')
    .action(revoke);
};
