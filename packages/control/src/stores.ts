import { DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from '@cartledger/funnel';
import type { Database } from './database.ts';
import { checkStoreId, makeDefinition } from './definition.ts';
import { ControlError } from './error.ts';
import type { Control, Store } from './port.ts';
import type { Tables } from './schema.ts';
import { nextVersions } from './versions.ts';

type StoreRow = Tables['stores'];
type VersionRow = Pick<Tables['definition_versions'], 'definition' | 'valid_from'>;

/** Others defined the store this often while one change was being made. */
const MAX_TRIES = 100;

// Written by create() and define() only, from validated definitions; older ones lack the fields that came later.
const stored = (text: string): Definition => ({ ...DEFAULT_DEFINITION, ...JSON.parse(text) });

const storeOf = ({ store_id, created_at, definition }: StoreRow, later: readonly VersionRow[]): Store => {
  const first: DefinitionVersion = { from: null, definition: stored(definition) };
  const versions = [
    first,
    ...later.map(({ valid_from, definition: text }) => ({ from: valid_from, definition: stored(text) })),
  ];
  return { store_id, created_at, definition: (versions.at(-1) ?? first).definition, versions };
};

/** The first version lies with the store, so that each change here is one statement, and so done whole or not at all. */
export const createStores = (
  { db, isTaken }: Pick<Database, 'db' | 'isTaken'>,
  { now }: { now: () => number },
): Control['stores'] => {
  const laterVersions = () =>
    db.selectFrom('definition_versions').select(['store_id', 'valid_from', 'definition']).orderBy('version');

  const get = async (store_id: string): Promise<Store | null> => {
    const row = await db.selectFrom('stores').selectAll().where('store_id', '=', store_id).executeTakeFirst();
    return row ? storeOf(row, await laterVersions().where('store_id', '=', store_id).execute()) : null;
  };

  return {
    get,
    async create(store_id, given) {
      checkStoreId(store_id);
      const definition = makeDefinition(given);
      const row = { store_id, created_at: now(), definition: JSON.stringify(definition) };
      const made = await db
        .insertInto('stores')
        .values(row)
        .onConflict((conflict) => conflict.column('store_id').doNothing())
        .returning('store_id')
        .executeTakeFirst();
      if (made) return storeOf(row, []);
      throw new ControlError(
        'store_exists',
        `store_id is "${store_id}": there is a store of that name. Choose another.`,
        { field: 'store_id' },
      );
    },
    async define(store_id, change, from) {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const store = await get(store_id);
        if (!store)
          throw new ControlError('unknown_store', `store_id is "${store_id}": there is no such store.`, {
            field: 'store_id',
          });
        const next = nextVersions(store.versions, change, from);
        const last = next.at(-1);
        if (!last) return store;
        const created_at = now();
        const rows = next.map(({ from: valid_from, definition }) => ({
          store_id,
          version: definition.version,
          valid_from,
          definition: JSON.stringify(definition),
          created_at,
        }));
        try {
          await db.insertInto('definition_versions').values(rows).execute();
          return { ...store, definition: last.definition, versions: [...store.versions, ...next] };
        } catch (error) {
          if (!isTaken(error)) throw error;
        }
        // Somebody else made a version meanwhile: the change is made again, upon theirs.
      }
      throw new ControlError('busy', `Store ${store_id} is being changed by many others. Try again.`);
    },
    async list() {
      const rows = await db.selectFrom('stores').selectAll().orderBy('store_id').execute();
      const later = Map.groupBy(await laterVersions().execute(), ({ store_id }) => store_id);
      return rows.map((row) => storeOf(row, later.get(row.store_id) ?? []));
    },
  };
};
