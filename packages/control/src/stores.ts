import type { Definition } from '@cartledger/funnel';
import type { Kysely } from 'kysely';
import { checkStoreId, makeDefinition } from './definition.ts';
import { ControlError } from './error.ts';
import type { Control, Store } from './port.ts';
import type { Tables } from './schema.ts';

const fromRow = (row: Tables['stores']): Store => {
  // Written by create() only, from a validated definition.
  const definition: Definition = JSON.parse(row.definition);
  return { store_id: row.store_id, created_at: row.created_at, definition, versions: [{ from: null, definition }] };
};

export const createStores = ({ db, now }: { db: Kysely<Tables>; now: () => number }): Control['stores'] => ({
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
    if (made) return fromRow(row);
    throw new ControlError(
      'store_exists',
      `store_id is "${store_id}": there is a store of that name. Choose another.`,
      {
        field: 'store_id',
      },
    );
  },
  async define() {
    throw new ControlError('bad_definition', 'Definitions cannot be changed yet.');
  },
  async get(store_id) {
    const row = await db.selectFrom('stores').selectAll().where('store_id', '=', store_id).executeTakeFirst();
    return row ? fromRow(row) : null;
  },
  async list() {
    const rows = await db.selectFrom('stores').selectAll().orderBy('store_id').execute();
    return rows.map(fromRow);
  },
});
