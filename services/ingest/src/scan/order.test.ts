import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderOf } from './order.ts';
import { beginRow, createRows, HASH, INT, ROW_HASHES, ROW_INTS, type Rows } from './rows.ts';

type Key = { store: number; visitor: bigint; event: bigint };

const rowsOf = (keys: readonly Key[], stores: readonly string[]): Rows => {
  const rows = createRows();
  rows.stores = [...stores];
  for (const { store, visitor, event } of keys) {
    beginRow(rows);
    rows.ints[rows.count * ROW_INTS + INT.store] = store;
    rows.hashes[rows.count * ROW_HASHES + HASH.visitor] = visitor;
    rows.hashes[rows.count * ROW_HASHES + HASH.event] = event;
    rows.count += 1;
  }
  return rows;
};

const hash = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  // Equal in their upper halves, or altogether.
  fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 63n, 2n ** 63n + 1n, 2n ** 64n - 1n),
);

test('rows come in the order of store, visitor and event, each once', () => {
  const stores = fc.uniqueArray(fc.stringMatching(/^[a-z0-9_-]{1,4}$/), { minLength: 1, maxLength: 70 });
  fc.assert(
    fc.property(
      stores,
      fc.array(fc.record({ store: fc.nat({ max: 69 }), visitor: hash, event: hash }), { maxLength: 60 }),
      (ids, given) => {
        const keys = given.map((key) => ({ ...key, store: key.store % ids.length }));
        const order = orderOf(rowsOf(keys, ids));
        expect([...order].sort((a, b) => a - b)).toEqual(keys.map((_, row) => row));
        const inOrder = [...order].map((row) => keys[row] ?? { store: 0, visitor: 0n, event: 0n });
        const before = (a: Key, b: Key): boolean => {
          const [idA = '', idB = ''] = [ids[a.store], ids[b.store]];
          if (idA !== idB) return idA < idB;
          return a.visitor === b.visitor ? a.event <= b.event : a.visitor < b.visitor;
        };
        for (const [at, key] of inOrder.entries()) {
          const next = inOrder[at + 1];
          if (next !== undefined) expect(before(key, next)).toBe(true);
        }
      },
    ),
    { seed: 20_261_123, numRuns: 500 },
  );
});

test('a visitor of nearly all events stays together, though they are not moved far', () => {
  const count = 20_000;
  const keys = Array.from({ length: count }, (_, i) => ({
    store: 0,
    visitor: i % 10 === 0 ? BigInt(i) << 40n : 2n ** 63n,
    event: BigInt(count - i),
  }));
  const rows = rowsOf(keys, ['demo']);
  const order = orderOf(rows);
  const ofTheOne = [...order].flatMap((row, at) => (row % 10 === 0 ? [] : [at]));
  expect((ofTheOne.at(-1) ?? 0) - (ofTheOne[0] ?? 0)).toBe(ofTheOne.length - 1);
});
