import type { Kysely } from 'kysely';
import type { Control } from './port.ts';
import type { Tables } from './schema.ts';

export const createJobState = ({ db }: { db: Kysely<Tables> }): Control['state'] => ({
  async get(name) {
    const row = await db.selectFrom('job_state').select('value').where('name', '=', name).executeTakeFirst();
    const value: unknown = row ? JSON.parse(row.value) : null;
    return value;
  },
  async set(name, value) {
    const text = JSON.stringify(value ?? null);
    await db
      .insertInto('job_state')
      .values({ name, value: text })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
      .execute();
  },
});
