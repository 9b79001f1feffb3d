/** Admin keys are no store's: they are worked with by whoever reaches the control store, as the first of them has to be. */
import { type Control, createControl } from '@cartledger/control';
import { readDatabases } from './config.ts';
import { CliError, told } from './errors.ts';
import { type KeyRow, keyRow } from './key-row.ts';

const inControlStore = async <T>(work: (control: Control) => Promise<T>): Promise<T> => {
  const { CARTLEDGER_POSTGRES_URL: url } = readDatabases();
  if (url === undefined)
    throw new CliError(
      'admin keys are in the control store itself: set CARTLEDGER_POSTGRES_URL. (A local instance has one in its instance.json.)',
      { exitStatus: 2 },
    );
  await using control = createControl({ dialect: 'postgres', url });
  // Awaited: the store must not be closed before.
  return await told('the control store of CARTLEDGER_POSTGRES_URL', () => work(control));
};

/** Makes the tables too, for the first key of an installation. */
export const createAdminKey = (): Promise<string> =>
  inControlStore(async (control) => {
    await control.migrate();
    return (await control.keys.create(null, 'admin')).key;
  });

const UNDEFINED_TABLE = '42P01';

/** Of a database that nothing has been made in nothing is made by looking. */
const listed = ({ keys }: Control): ReturnType<Control['keys']['list']> =>
  keys.list(null).catch((cause: unknown) => {
    if (!(cause instanceof Error && 'code' in cause && cause.code === UNDEFINED_TABLE)) throw cause;
    throw new Error('it has no tables of Cartledger. Is it the right database? `cartledger migrate` makes them', {
      cause,
    });
  });

const iso = (ms: number): string => new Date(ms).toISOString();

export const listAdminKeys = async (): Promise<KeyRow[]> => {
  const keys = await inControlStore(listed);
  return keys.map((key) =>
    keyRow.parse({
      ...key,
      created_at: iso(key.created_at),
      revoked_at: key.revoked_at === null ? null : iso(key.revoked_at),
    }),
  );
};

/** Throws CliError when no admin key of that id is left to revoke: other keys are their store's. */
export const revokeAdminKey = async (key_id: string): Promise<void> => {
  const isRevoked = await inControlStore(
    async (control) => (await listed(control)).some((key) => key.key_id === key_id) && control.keys.revoke(key_id),
  );
  if (!isRevoked) throw new CliError(`There is no admin key "${key_id}" that is not revoked yet.`);
};
