import { type Command, Option } from 'commander';
import { z } from 'zod';
import { createAdminKey, listAdminKeys, revokeAdminKey } from '../admin-keys.ts';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { type KeyRow, keyRow } from '../key-row.ts';
import { count, type Format, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';

type Limits = { rate?: number; burst?: number };
type Options = InstanceOptions & Limits & { store?: string; scope: string };

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

/** An admin key is looked for in the database, never where these point to. */
const refuseInstance = (option: string, { url, token, data }: InstanceOptions): void => {
  if ((url ?? token ?? data) === undefined) return;
  throw new CliError(
    `${option} works in the database of CARTLEDGER_POSTGRES_URL: leave out --url, --token and --data`,
    { exitStatus: 2 },
  );
};

const create = async ({ store, ...options }: Options): Promise<void> => {
  const { scope, rate, burst } = options;
  if (scope !== 'events:write' && (rate !== undefined || burst !== undefined))
    throw new CliError('--rate and --burst limit keys of scope events:write: leave them out', { exitStatus: 2 });
  if (scope !== 'admin' && store === undefined)
    throw new CliError(`a key of scope ${scope} is one store's: name it with --store ID`, { exitStatus: 2 });
  if (scope === 'admin') refuseInstance('--scope admin', options);
  const key = scope === 'admin' || store === undefined ? await createAdminKey() : await createOfStore(store, options);
  // The key alone: `KEY=$(npx cartledger keys create ...)` works, and nothing keeps it but who asked.
  process.stdout.write(`${key}\n`);
};

/** One store's keys, or with --admin those that are good for every store. */
type Whose = InstanceOptions & { store?: string; admin?: boolean };

/** The store that is meant, null for --admin. */
const storeOf = ({ store, admin = false, ...instance }: Whose): string | null => {
  if (admin !== (store === undefined))
    throw new CliError('whose keys? Give --store ID, or --admin for the admin keys', { exitStatus: 2 });
  if (admin) refuseInstance('--admin', instance);
  return store ?? null;
};

const rowsOfStore = async (store: string, options: InstanceOptions): Promise<KeyRow[]> => {
  const response = await createClient(await findInstance(options)).send('GET', keysOf(store));
  return z.object({ keys: z.array(keyRow) }).parse(await response.json()).keys;
};

const listKeys = async ({ format, ...options }: Whose & { format: Format }): Promise<void> => {
  const store = storeOf(options);
  const keys = store === null ? await listAdminKeys() : await rowsOfStore(store, options);
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
const idOf = (given: string): string => {
  const id = /^[0-9a-z]{12}$/.exec(given)?.[0] ?? /ck_[wra]_([0-9a-z]{12})_/.exec(given)?.[1];
  if (id !== undefined) return id;
  throw new CliError('which key? Give its id, twelve letters and digits as `keys list` names it, or the key itself', {
    exitStatus: 2,
  });
};

const revoke = async (given: string, options: Whose): Promise<void> => {
  const key_id = idOf(given);
  const store = storeOf(options);
  if (store === null) await revokeAdminKey(key_id);
  else await createClient(await findInstance(options)).send('DELETE', `${keysOf(store)}/${encodeURIComponent(key_id)}`);
  const which = store === null ? `Admin key ${key_id}` : `Key ${key_id} of store ${store}`;
  say(`${which} is revoked: it is refused everywhere within seconds.`);
};

export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('keys of a store, and those of an installation');
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
    .option('--store <id>', 'the store')
    .option('--admin', 'the admin keys, good for every store, in the database of CARTLEDGER_POSTGRES_URL')
    .action(listKeys);
  withInstance(keys.command('revoke').argument('<key_id>', 'as `keys list` names it'))
    .description('refuse a key from now on, for good')
    .option('--store <id>', 'its store')
    .option('--admin', 'it is an admin key, in the database of CARTLEDGER_POSTGRES_URL')
    .action(revoke);
};
