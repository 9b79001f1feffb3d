import { type Kysely, sql } from 'kysely';
import type { Control } from './port.ts';
import type { Tables } from './schema.ts';

type Row = Tables['log_positions'];

const NEWER_POSITION = sql<boolean>`excluded.taken_in_up_to >= log_positions.taken_in_up_to`;
const NEWER_WORD = sql<boolean>`excluded.told_at >= coalesce(log_positions.told_at, 0)`;

/**
 * How far the log is taken in. A row whose taken_in_up_to is smaller than the kept one changes nothing of it: what was
 * once taken in stays so, and a worker that lost the partition cannot set it back. (The position may fall: a
 * topic made again starts at 0.) What workers tell goes by their clocks alone, for nothing is decided by it.
 */
export const createPositions = ({ db }: { db: Kysely<Tables> }): Control['positions'] => ({
  async report(rows) {
    // One statement cannot update a row twice: of several for one partition, the latest counts.
    const latest = new Map<string, Row>();
    for (const { topic, partition, position, taken_in_up_to, told = null } of rows) {
      const key = `${partition}/${topic}`;
      const kept = latest.get(key);
      if (kept && kept.taken_in_up_to > taken_in_up_to) continue;
      const word = told === null ? null : JSON.stringify(told.word);
      const of = { worker: told?.worker ?? null, told_at: told?.at ?? null, word };
      latest.set(key, { topic, partition, position: position.toString(), taken_in_up_to, ...of });
    }
    if (latest.size === 0) return;
    await db
      .insertInto('log_positions')
      .values([...latest.values()])
      .onConflict((conflict) =>
        conflict
          .columns(['topic', 'partition'])
          .doUpdateSet((eb) => {
            const taken = <C extends keyof Row>(isNewer: typeof NEWER_WORD, column: C) =>
              eb
                .case()
                .when(isNewer)
                .then(eb.ref(`excluded.${column}`))
                .else(eb.ref(`log_positions.${column}`))
                .end();
            return {
              position: taken(NEWER_POSITION, 'position'),
              taken_in_up_to: taken(NEWER_POSITION, 'taken_in_up_to'),
              worker: taken(NEWER_WORD, 'worker'),
              told_at: taken(NEWER_WORD, 'told_at'),
              word: taken(NEWER_WORD, 'word'),
            };
          })
          .where((eb) => eb.or([NEWER_POSITION, NEWER_WORD])),
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
    return rows.map(({ position, worker, told_at: at, word, ...row }) => ({
      ...row,
      position: BigInt(position),
      told: worker === null || at === null || word === null ? null : { worker, at, word: JSON.parse(word) },
    }));
  },
});
