import {
  createDigest,
  createDirtyDays,
  createLedger,
  DELETE_ROW,
  KEY_COLUMNS,
  keysBeforeVersion,
  keysOfNodes,
  LEDGER_COLUMNS,
  NOTHING,
  storedRows,
  strayRows,
} from '@cartledger/aggregator/testing';
import type { RowOf } from '@cartledger/clickhouse';
import { describe, expect, test } from 'vitest';
import { beginWriting, byNumber, type Suite } from './harness.ts';
import { EXTREMES, hasher, ledgerOf } from './samples.ts';

type StoredRow = RowOf<typeof LEDGER_COLUMNS>;
type StoredKey = RowOf<typeof KEY_COLUMNS>;

const LARGEST = 2n ** 64n - 1n;
const DAY = '2026-06-15';
const ALL = 100_000;

export const ledgerSection = (suite: Suite): void => {
  const insertRows = (
    ...rows: (Partial<StoredRow> & Pick<StoredRow, 'store_id' | 'node' | 'version'>)[]
  ): Promise<void> =>
    suite.clickhouse.insertNative(
      'ledger_rows',
      LEDGER_COLUMNS,
      rows.map((row) => ({ ...NOTHING, kind: 'cart', day: DAY, key: 'k', is_deleted: 0, ...row })),
    );
  const insertKeys = (
    ...keys: (Partial<StoredKey> & Pick<StoredKey, 'store_id' | 'node' | 'version'>)[]
  ): Promise<void> =>
    suite.clickhouse.insertNative(
      'ledger_keys',
      KEY_COLUMNS,
      keys.map((key) => ({ kind: 'cart', day: DAY, key: 'k', is_deleted: 0, digest: 1n, ...key })),
    );
  const keysAt = async (places: readonly (readonly [string, bigint])[]) => {
    const stores = [...new Set(places.map(([store_id]) => store_id))];
    const rows = await suite.clickhouse.query(keysOfNodes, {
      stores,
      store_numbers: places.map(([store_id]) => stores.indexOf(store_id) + 1),
      nodes: places.map(([, node]) => node),
    });
    return rows.map(({ store_id, node, key, digest }) => [store_id, node, key, digest]);
  };
  const storedAt = (store_id: string, nodes: readonly bigint[], kind = 'cart') =>
    suite.clickhouse.query(storedRows, {
      store_id,
      kinds: nodes.map(() => kind),
      days: nodes.map(() => DAY),
      nodes: [...nodes],
    });
  const straysOf = async (store_id: string, first = 0n, last = LARGEST, limit = ALL): Promise<bigint[]> => {
    const rows = await suite.clickhouse.query(strayRows, { store_id, first, last, limit });
    return rows.map(({ node }) => node).sort(byNumber);
  };
  const staleOf = async (store_id: string, version: bigint) => {
    const rows = await suite.clickhouse.query(keysBeforeVersion, { store_id, version, limit: ALL });
    return rows.map(({ node, digest }) => [node, digest]).sort(([a = 0n], [b = 0n]) => byNumber(a, b));
  };

  describe('the ledger', () => {
    test('keys are found by the places of several stores, but those that have their tombstone', async () => {
      const [a, b] = [suite.newStore(), suite.newStore()];
      await insertKeys(
        { store_id: a, node: 1n, version: 1n },
        { store_id: a, node: LARGEST, version: 1n, digest: LARGEST },
        { store_id: b, node: 1n, version: 1n, digest: 2n },
        { store_id: b, node: 2n, version: 1n },
      );
      await insertKeys({ store_id: b, node: 2n, version: 2n, is_deleted: 1 });
      for (const merged of [false, true]) {
        if (merged) await suite.merge('ledger_keys');
        expect(
          await keysAt([
            [a, LARGEST],
            [b, 1n],
            [b, 2n],
            [b, 3n],
          ]),
        ).toEqual(
          expect.arrayContaining([
            [a, LARGEST, 'k', LARGEST],
            [b, 1n, 'k', 2n],
          ]),
        );
        expect(await keysAt([[b, 2n]])).toEqual([]);
      }
      // Made again after its tombstone, and an older version that lands late is none.
      await insertKeys({ store_id: b, node: 2n, version: 3n, digest: 7n });
      await insertKeys({ store_id: b, node: 1n, version: 0n, digest: 9n });
      expect(await keysAt([[b, 2n]])).toEqual([[b, 2n, 'k', 7n]]);
      expect(await keysAt([[b, 1n]])).toEqual([[b, 1n, 'k', 2n]]);
    });

    test('what a stored row says has the digest that the row on its way there had', async () => {
      const store_id = suite.newStore();
      const digestOf = createDigest(hasher);
      for (const [i, { kind, content }] of EXTREMES.entries()) {
        const node = BigInt(i);
        await insertRows({ ...content, store_id, node, version: 1n, kind, day: DAY });
        const [row] = await storedAt(store_id, [node], kind);
        expect(row?.digest, kind).toBe(digestOf(kind, { ...content, day: DAY }));
      }
    });

    test('rows are found where they stand, each of its place, in the version that counts', async () => {
      const store_id = suite.newStore();
      await insertRows(
        { store_id, node: 1n, version: 5n },
        { store_id, node: 1n, version: 4n, key: 'other' },
        { store_id, node: 1n, version: 4n, day: '2026-06-16' },
        { store_id, node: 2n, version: 4n, kind: 'order' },
        { store_id, node: 3n, version: 4n },
      );
      await insertRows({ store_id, node: 1n, version: 3n }, { store_id, node: 3n, version: 5n, is_deleted: 1 });
      const rows = await storedAt(store_id, [1n, 2n, 3n]);
      expect(new Map(rows.map(({ key, version }) => [key, version]))).toEqual(
        new Map([
          ['k', 5n],
          ['other', 4n],
        ]),
      );
    });

    test('a row that no key names is a stray, and one whose key has its tombstone', async () => {
      const store_id = suite.newStore();
      const nodes = [1n, 2n, 3n, 2n ** 63n, LARGEST];
      await insertRows(...nodes.map((node) => ({ store_id, node, version: 1n })));
      await insertKeys({ store_id, node: 1n, version: 1n }, { store_id, node: 2n, version: 2n, is_deleted: 1 });
      await insertKeys({ store_id, node: 3n, version: 1n, key: 'other' });
      await insertRows({ store_id, node: 2n ** 63n, version: 2n, is_deleted: 1 });
      expect(await straysOf(store_id)).toEqual([2n, 3n, LARGEST]);
      expect(await straysOf(store_id, 3n, LARGEST - 1n)).toEqual([3n]);
      expect(await straysOf(store_id, 0n, LARGEST, 2)).toHaveLength(2);
    });

    test('what is older than a version is found by its row, by its key or by both', async () => {
      const store_id = suite.newStore();
      await insertRows(
        { store_id, node: 1n, version: 9n },
        { store_id, node: 2n, version: 9n },
        { store_id, node: 3n, version: 10n },
      );
      await insertKeys(
        { store_id, node: 2n, version: 9n, digest: 22n },
        { store_id, node: 3n, version: 9n, digest: 33n },
        { store_id, node: 4n, version: 10n },
      );
      expect(await staleOf(store_id, 10n)).toEqual([
        [1n, 0n],
        [2n, 22n],
        [3n, 33n],
      ]);
      expect(await staleOf(store_id, 9n)).toEqual([]);
      expect(await staleOf(suite.newStore(), 10n)).toEqual([]);
    });

    test('one row in one version is deleted; what it had hidden is seen again', async () => {
      const store_id = suite.newStore();
      await insertRows({ store_id, node: 1n, version: 1n }, { store_id, node: 2n, version: 9n });
      await insertRows({ store_id, node: 1n, version: 9n });
      const { condition } = await beginWriting(suite.clickhouse);
      const row = { store_id, kind: 'cart', day: DAY, node: 1n, key: 'k' };
      const versionsOf = async () => (await storedAt(store_id, [1n, 2n])).map(({ version }) => version).sort(byNumber);
      await suite.clickhouse.command(DELETE_ROW + condition.sql, { ...row, version: 8n, ...condition.params });
      expect(await versionsOf()).toEqual([9n, 9n]);
      await suite.clickhouse.command(`${DELETE_ROW}0`, { ...row, version: 9n });
      expect(await versionsOf()).toEqual([9n, 9n]);
      await suite.clickhouse.command(DELETE_ROW + condition.sql, { ...row, version: 9n, ...condition.params });
      const left = await versionsOf();
      // A merge may have taken the older one before.
      expect([[1n, 9n], [9n]]).toContainEqual(left);
    });

    test('a ledger is replaced whole: what is new is written, what is gone goes, what is the same stays', async () => {
      const store_id = suite.newStore();
      const { fence } = await beginWriting(suite.clickhouse);
      const dirtyDays = createDirtyDays({ clickhouse: suite.clickhouse, fence });
      const ledger = createLedger({ clickhouse: suite.clickhouse, fence, dirtyDays, hasher });
      const { rows, fewer } = ledgerOf(11);
      const nodes = [...new Set(rows.map(({ node }) => node))].map((name) => hasher.xxh64(name));
      const write = (some: typeof rows, verify = false) =>
        ledger.replace(new Map([[store_id, { nodes, rows: some }]]), { force: false, verify });
      expect(await write(rows)).toEqual({ written: rows.length, removed: 0, unchanged: 0 });
      expect(await write(rows)).toEqual({ written: 0, removed: 0, unchanged: rows.length });
      const { written, removed, unchanged } = await write(fewer);
      expect([written + unchanged, removed > 0]).toEqual([fewer.length, true]);
      expect(await write(fewer, true)).toEqual({ written: 0, removed: 0, unchanged: fewer.length });
      expect(await ledger.removeStrays(store_id, 0n, LARGEST, 100)).toBe(0);
      expect(await keysAt(nodes.map((node) => [store_id, node]))).toHaveLength(fewer.length);
    });
  });
};
