import { z } from 'zod';
import type { Database } from './database.ts';
import { ControlError } from './error.ts';
import type { Control, Erasure, Tombstone } from './port.ts';
import type { Tables } from './schema.ts';

/** Rows of one statement. */
const AT_ONCE = 500;
/** Others were quicker this often. */
const MAX_TRIES = 100;

const kind = z.enum(['visitor', 'customer']);
const days = z.array(z.string());

const erasureOf = ({ hash, restated_days, document, ...row }: Tables['erasures']): Erasure => ({
  ...row,
  kind: kind.parse(row.kind),
  hash: BigInt(hash),
  restated_days: days.parse(JSON.parse(restated_days)),
  document: JSON.parse(document),
});

const tombstoneOf = ({ erasure, ...row }: Tables['tombstones']): Tombstone => ({
  ...row,
  kind: kind.parse(row.kind),
  hash: BigInt(row.hash),
});

/**
 * Erasures and their tombstones. Numbers are chosen by who writes, one above the largest that can be seen, so that of two
 * who write at once one finds its number taken: whoever has seen a number has seen all smaller ones.
 */
export const createErasures = (
  { db, isTaken }: Pick<Database, 'db' | 'isTaken'>,
  { now }: { now: () => number },
): Control['erasures'] => {
  /** Tries until nobody else takes the number. */
  const numbered = async <T>(write: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++)
      try {
        return await write();
      } catch (error) {
        if (!isTaken(error)) throw error;
        if (tries === MAX_TRIES)
          throw new ControlError('busy', 'Many others write erasures at this moment. Try again.', { cause: error });
      }
  };

  const largest = async (table: 'erasures' | 'tombstones'): Promise<number> => {
    const rows =
      table === 'erasures'
        ? await db.selectFrom('erasures').select('erasure as number').orderBy('erasure', 'desc').limit(1).execute()
        : await db.selectFrom('tombstones').select('number').orderBy('number', 'desc').limit(1).execute();
    return rows[0]?.number ?? 0;
  };

  return {
    async begin({ hash, document, ...asked }) {
      const store = await db
        .selectFrom('stores')
        .select('store_id')
        .where('store_id', '=', asked.store_id)
        .executeTakeFirst();
      if (!store)
        throw new ControlError('unknown_store', `store_id is "${asked.store_id}": there is no such store.`, {
          field: 'store_id',
        });
      return numbered(async () => {
        const row: Tables['erasures'] = {
          ...asked,
          erasure: (await largest('erasures')) + 1,
          hash: hash.toString(),
          begun_at: now(),
          ended_at: null,
          revision: 1,
          restated_days: '[]',
          document: JSON.stringify(document ?? null),
        };
        await db.insertInto('erasures').values(row).execute();
        return erasureOf(row);
      });
    },

    async get(erasure) {
      const row = await db.selectFrom('erasures').selectAll().where('erasure', '=', erasure).executeTakeFirst();
      return row ? erasureOf(row) : null;
    },

    async list() {
      const rows = await db.selectFrom('erasures').selectAll().orderBy('erasure', 'desc').execute();
      return rows.map(erasureOf);
    },

    async change(read, { ended_at = read.ended_at, restated_days = read.restated_days, document = read.document }) {
      const row = await db
        .updateTable('erasures')
        .set({
          ended_at,
          restated_days: JSON.stringify(restated_days),
          document: JSON.stringify(document ?? null),
          revision: read.revision + 1,
        })
        .where('erasure', '=', read.erasure)
        .where('revision', '=', read.revision)
        .returningAll()
        .executeTakeFirst();
      return row ? erasureOf(row) : null;
    },

    async bury({ erasure, store_id, kind, hash, up_to }, visitors) {
      await numbered(async () => {
        const there = await db
          .selectFrom('tombstones')
          .select(['kind', 'hash'])
          .where('erasure', '=', erasure)
          .execute();
        const known = new Set(there.map((row) => `${row.kind} ${row.hash}`));
        const wanted = [{ kind, hash }, ...visitors.map((visitor) => ({ kind: 'visitor' as const, hash: visitor }))];
        const missing = [...new Map(wanted.map((each) => [`${each.kind} ${each.hash}`, each]))].flatMap(
          ([name, each]) => (known.has(name) ? [] : [each]),
        );
        for (let from = 0; from < missing.length; from += AT_ONCE) {
          const last = await largest('tombstones');
          const rows = missing.slice(from, from + AT_ONCE).map((each, i) => ({
            number: last + 1 + i,
            erasure,
            store_id,
            up_to,
            kind: each.kind,
            hash: each.hash.toString(),
          }));
          await db.insertInto('tombstones').values(rows).execute();
        }
      });
    },

    async tombstones(after) {
      const rows = await db
        .selectFrom('tombstones')
        .selectAll()
        .where('number', '>', after)
        .orderBy('number')
        .execute();
      return rows.map(tombstoneOf);
    },

    async restatedDays() {
      const rows = await db
        .selectFrom('erasures')
        .select(['store_id', 'restated_days'])
        .where('restated_days', '!=', '[]')
        .execute();
      const byStore = new Map<string, Set<string>>();
      for (const { store_id, restated_days } of rows)
        byStore.set(
          store_id,
          (byStore.get(store_id) ?? new Set()).union(new Set(days.parse(JSON.parse(restated_days)))),
        );
      return byStore;
    },
  };
};
