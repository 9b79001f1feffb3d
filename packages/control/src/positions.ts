import { type Kysely, sql } from 'kysely';
import type { Control } from './port.ts';
import type { Tables } from './schema.ts';

/**
 * How far the log is taken in. A row whose taken_in_up_to is smaller than the kept one changes nothing: what was
 * once taken in stays so, and a worker that lost the partition cannot set it back. (The position may fall: a
 * topic made again starts at 0.)
 */
export const createPositions = ({ db }: { db: Kysely<Tables> }): Control['positions'] => ({
  async report(rows) {
    // One statement cannot update a row twice: of several for one partition, the latest counts.
    const latest = new Map<string, Tables['log_positions']>();
    for (const { topic, partition, position, taken_in_up_to } of rows) {
      const key = `${partition}/${topic}`;
      const kept = latest.get(key);
      if (kept && kept.taken_in_up_to > taken_in_up_to) continue;
      latest.set(key, { topic, partition, position: position.toString(), taken_in_up_to });
    }
    if (latest.size === 0) return;
    await db
      .insertInto('log_positions')
      .values([...latest.values()])
      .onConflict((conflict) =>
        conflict
          .columns(['topic', 'partition'])
          .doUpdateSet((eb) => ({
            position: eb.ref('excluded.position'),
            taken_in_up_to: eb.ref('excluded.taken_in_up_to'),
          }))
          .where(sql<boolean>`excluded.taken_in_up_to >= log_positions.taken_in_up_to`),
      )
      .execute();
  },
  async keepOnly(topic, partitions) {
    const others = db.deleteFrom('log_positions').where('topic', '=', topic);
    await (partitions.length === 0 ? others : others.where('partition', 'not in', [...partitions])).execute();
  },
  async list(topic) {
    const rows = await db
      .selectFrom('log_positions')
      .selectAll()
      .where('topic', '=', topic)
      .orderBy('partition')
      .execute();
    return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
  },
});
