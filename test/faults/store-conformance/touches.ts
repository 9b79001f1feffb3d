import { createHolds, createTouched, createUpkeep, pendingBatches } from '@cartledger/aggregator/testing';
import { TOUCH_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import { byNumber, type Suite } from './harness.ts';
import type { TouchRow } from './samples.ts';

const ALL = 100_000;
/** Later than any server's clock. */
const FAR = Date.UTC(2200, 0, 1);

/** What upkeep remembers, for tests that let it run each time. */
const forgetful = { get: async () => null, set: async () => {} };

export const touchesSection = (suite: Suite): void => {
  const touch = (...rows: TouchRow[]): Promise<void> => suite.clickhouse.insertNative('touches', TOUCH_COLUMNS, rows);

  /** Of these batches, in the server's order. */
  const pending = async (batches: readonly string[], held: readonly string[] = []) => {
    const rows = await suite.clickhouse.query(pendingBatches, { limit: ALL, held: [...held] });
    return rows.filter(({ batch }) => batches.includes(batch)).map(({ batch, touches }) => [batch, touches]);
  };
  const visitorsOf = async (batches: readonly string[], store_id: string) => {
    const touches = (await createTouched(suite.clickhouse).read(batches)).get(store_id) ?? new Map();
    return [...touches]
      .map(([visitor, neighbors]): [bigint, bigint[]] => [visitor, [...neighbors].sort(byNumber)])
      .toSorted(([a], [b]) => byNumber(a, b));
  };

  describe('touches', () => {
    test('batches are pending in the order they were written, each with its rows', async () => {
      const [store_id, first, second] = [suite.newStore(), suite.newBatch(), suite.newBatch()];
      await touch(
        { batch_id: second, store_id, visitor_hash: 1n, neighbors: [] },
        { batch_id: second, store_id, visitor_hash: 2n, neighbors: [] },
      );
      await touch({ batch_id: first, store_id, visitor_hash: 1n, neighbors: [] });
      expect(await pending([first, second])).toEqual([
        [second, 2],
        [first, 1],
      ]);
      // Written again, as after an answer that did not come: its rows count, its place stays.
      await touch({ batch_id: second, store_id, visitor_hash: 1n, neighbors: [] });
      expect(await pending([first, second])).toEqual([
        [second, 3],
        [first, 1],
      ]);
      await suite.merge('touches');
      expect(await pending([first, second])).toHaveLength(2);
    });

    test('batches of one instant are ordered as the server orders UUIDs', async () => {
      const store_id = suite.newStore();
      const batches = [
        '10000000-0000-4000-8000-000000000ffe',
        '20000000-0000-4000-8000-000000000ffd',
        '30000000-0000-4000-9000-000000000ffc',
        '10000000-0000-4000-9000-000000000ffc',
        'f0000000-0000-4000-8000-000000000fff',
      ];
      await touch(...batches.map((batch_id) => ({ batch_id, store_id, visitor_hash: 1n, neighbors: [] })));
      expect((await pending(batches)).map(([batch]) => batch)).toEqual([
        '20000000-0000-4000-8000-000000000ffd',
        '10000000-0000-4000-8000-000000000ffe',
        'f0000000-0000-4000-8000-000000000fff',
        '10000000-0000-4000-9000-000000000ffc',
        '30000000-0000-4000-9000-000000000ffc',
      ]);
    });

    test('the oldest come first within the limit, and held ones are left out', async () => {
      const [store_id, held, a, b] = [suite.newStore(), suite.newBatch(), suite.newBatch(), suite.newBatch()];
      for (const batch_id of [held, a, b]) await touch({ batch_id, store_id, visitor_hash: 1n, neighbors: [] });
      const others = (await suite.clickhouse.query(pendingBatches, { limit: ALL, held: [held, a, b] })).map(
        ({ batch }) => batch,
      );
      const rows = await suite.clickhouse.query(pendingBatches, { limit: 1, held: [...others, held] });
      expect(rows).toEqual([{ batch: a, touches: 1 }]);
      expect(await pending([held, a, b], [held])).toEqual([
        [a, 1],
        [b, 1],
      ]);
    });

    test('a batch that is done is pending no more, whatever is added to it', async () => {
      const [store_id, batch_id, other] = [suite.newStore(), suite.newBatch(), suite.newBatch()];
      await touch({ batch_id, store_id, visitor_hash: 1n, neighbors: [] });
      await touch({ batch_id: other, store_id, visitor_hash: 1n, neighbors: [] });
      const touched = createTouched(suite.clickhouse);
      await touched.markDone([batch_id]);
      await touched.markDone([batch_id]);
      await touch({ batch_id, store_id, visitor_hash: 2n, neighbors: [] });
      expect(await pending([batch_id, other])).toEqual([[other, 1]]);
      await suite.merge('touched_batches_done');
      expect(await pending([batch_id, other])).toEqual([[other, 1]]);
    });

    test('what batches touch is united by visitor', async () => {
      const [store_id, other, a, b] = [suite.newStore(), suite.newStore(), suite.newBatch(), suite.newBatch()];
      await touch(
        { batch_id: a, store_id, visitor_hash: 1n, neighbors: [3n, 2n ** 64n - 1n] },
        { batch_id: a, store_id, visitor_hash: 2n, neighbors: [] },
        { batch_id: a, store_id: other, visitor_hash: 1n, neighbors: [9n] },
      );
      await touch({ batch_id: b, store_id, visitor_hash: 1n, neighbors: [3n, 4n] });
      expect(await visitorsOf([a, b], store_id)).toEqual([
        [1n, [3n, 4n, 2n ** 64n - 1n]],
        [2n, []],
      ]);
      expect(await visitorsOf([b], other)).toEqual([]);
      expect(await visitorsOf([a], other)).toEqual([[1n, [9n]]]);
    });

    test("a store's touches are set aside in a batch of its own, once a visitor", async () => {
      const [store_id, other] = [suite.newStore(), suite.newStore()];
      const [a, b, aside] = [suite.newBatch(), suite.newBatch(), suite.newBatch()];
      await touch(
        { batch_id: a, store_id, visitor_hash: 1n, neighbors: [3n] },
        { batch_id: a, store_id: other, visitor_hash: 1n, neighbors: [9n] },
      );
      await touch({ batch_id: b, store_id, visitor_hash: 1n, neighbors: [4n] });
      await createHolds({ clickhouse: suite.clickhouse, state: forgetful }).keep(store_id, aside, [a, b]);
      expect(await pending([a, b, aside])).toEqual([
        [a, 2],
        [b, 1],
        [aside, 1],
      ]);
      expect(await visitorsOf([aside], store_id)).toEqual([[1n, [3n, 4n]]]);
      expect(await visitorsOf([aside], other)).toEqual([]);
    });

    test('upkeep deletes touches of done batches that are old, then the marks of batches without any', async () => {
      const store_id = suite.newStore();
      const [done, open] = [suite.newBatch(), suite.newBatch()];
      for (const batch_id of [done, open]) await touch({ batch_id, store_id, visitor_hash: 1n, neighbors: [] });
      await createTouched(suite.clickhouse).markDone([done]);
      const onFailure = (error: unknown): never => {
        throw error;
      };
      const upkeep = () =>
        createUpkeep({ clickhouse: suite.clickhouse, state: forgetful, onFailure }, { cleanupAgeMs: 0 });
      await upkeep().run(Date.UTC(2001, 0, 1));
      expect(await visitorsOf([done], store_id)).toHaveLength(1);
      await upkeep().run(FAR);
      expect(await visitorsOf([done], store_id)).toEqual([]);
      expect(await visitorsOf([open], store_id)).toHaveLength(1);
      // The mark is gone too: what is touched under its name is pending again.
      await touch({ batch_id: done, store_id, visitor_hash: 1n, neighbors: [] });
      expect((await pending([done, open])).map(([batch]) => batch)).toEqual([open, done]);
    });
  });
};
