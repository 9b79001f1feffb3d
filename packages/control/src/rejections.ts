import { type Kysely, sql } from 'kysely';
import type { Control } from './port.ts';
import type { Tables } from './schema.ts';

/** One statement adds all rows, so that it is done whole or not at all and collectors do not overwrite each other. */
export const createRejections = ({ db }: { db: Kysely<Tables> }): Control['rejections'] => ({
  async add(rows) {
    if (rows.length === 0) return;
    await db
      .insertInto('rejections')
      .values([...rows])
      .onConflict((conflict) =>
        conflict
          .columns(['store_id', 'quarter', 'code'])
          .doUpdateSet({ count: sql<number>`rejections.count + excluded.count` }),
      )
      .execute();
  },
  list: (store_id, from, to) =>
    db
      .selectFrom('rejections')
      .selectAll()
      .where('store_id', '=', store_id)
      .where('quarter', '>=', from)
      .where('quarter', '<', to)
      .orderBy('quarter')
      .orderBy('code')
      .execute(),
});
