import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Control } from './port.ts';

/**
 * Each call is one statement, so two that race are put in order by the database. A released lease keeps its row,
 * already expired: the token never starts again.
 */
export const createLeases = ({ db, leaseNow }: Database): Control['leases'] => ({
  async acquire(name, owner, ttlMs, atLeast = 1) {
    const now = leaseNow();
    const least = sql.lit(Math.trunc(atLeast));
    const { rows } = await sql<{ token: number }>`
      insert into leases as held (name, owner, token, expires_at)
      values (${name}, ${owner}, ${least}, ${now} + ${sql.lit(Math.trunc(ttlMs))})
      on conflict (name) do update set
        token = case
          when held.token < ${least} then ${least}
          when held.owner = excluded.owner and held.expires_at > ${now} then held.token
          else held.token + 1
        end,
        owner = excluded.owner,
        expires_at = excluded.expires_at
      where held.owner = excluded.owner or held.expires_at <= ${now}
      returning token`.execute(db);
    const [row] = rows;
    return row ? { token: row.token } : null;
  },
  async release(name, owner) {
    await db.updateTable('leases').set({ expires_at: 0 }).where('name', '=', name).where('owner', '=', owner).execute();
  },
});
