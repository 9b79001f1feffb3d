import { type Kysely, sql } from 'kysely';
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
  async setUnder(lease, name, value) {
    const { rows } = await sql`
      insert into job_state (name, value)
      select cast(${name} as varchar(256)), cast(${JSON.stringify(value ?? null)} as text) from leases
      where leases.name = ${lease.name} and leases.token = ${lease.token}
      on conflict (name) do update set value = excluded.value
      returning name`.execute(db);
    return rows.length === 1;
  },
});
