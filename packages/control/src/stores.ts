import { DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from '@cartledger/funnel';
import type { Kysely } from 'kysely';
import { checkStoreId, makeDefinition } from './definition.ts';
import { ControlError } from './error.ts';
import type { Control, Store } from './port.ts';
import type { Tables } from './schema.ts';
import { nextVersion } from './versions.ts';

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

/** The first version lies with the store, so that each change here is one statement. */
export const createStores = ({ db, now }: { db: Kysely<Tables>; now: () => number }): Control['stores'] => {
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
        const next = nextVersion(store.versions, change, from);
        if (!next) return store;
        const { version } = next.definition;
        const made = await db
          .insertInto('definition_versions')
          .values({
            store_id,
            version,
            valid_from: next.from,
            definition: JSON.stringify(next.definition),
            created_at: now(),
          })
          .onConflict((conflict) => conflict.columns(['store_id', 'version']).doNothing())
          .returning('version')
          .executeTakeFirst();
        if (made) return { ...store, definition: next.definition, versions: [...store.versions, next] };
        // Somebody else made that version meanwhile: the change is made again, upon theirs.
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
