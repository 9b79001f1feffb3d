import { setImmediate as breathe } from 'node:timers/promises';
import { type ClickHouse, createBlockEncoder } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { type LedgerRow, type NodeName, rowKey } from '@cartledger/funnel';
import { chunksOf } from '@cartledger/history';
import { type Day, type DirtyDays, ROLLUP_OF } from './dirty-days.ts';
import type { Fence } from './fence.ts';
import { contentOf, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';
import { createDigest } from './ledger-digest.ts';
import {
  DELETE_ROW,
  type Key,
  keysBeforeVersion,
  keysOfNodes,
  type StoredRow,
  storedRows,
  strayRows,
} from './ledger-queries.ts';

/** As many places as query parameters hold. */
const MAX_PLACES = 4_000;

type Place = Omit<Key, 'digest'>;

export const KEY_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'node', type: 'UInt64' },
  { name: 'kind', type: "Enum8('journey' = 1, 'cart' = 2, 'order' = 3, 'refund' = 4)" },
  { name: 'day', type: 'Date32' },
  { name: 'key', type: 'String' },
  { name: 'version', type: 'UInt64' },
  { name: 'is_deleted', type: 'UInt8' },
  { name: 'digest', type: 'UInt64' },
] as const;

/** No store_id has a space. */
const nameOf = ({ store_id, node, kind, day, key }: Place): string => `${store_id} ${node} ${kind} ${day} ${key}`;

/** A row to be written, and what its key said before. */
type Change = { place: Place; row: LedgerRow; digest: bigint; before: bigint | null };

/** Rows looked at before others have their turn: about 10 ms. */
const AT_ONCE = 1_000;

const daysOf = (changes: readonly { place: Place }[]): Iterable<Day> => {
  const days = new Map<string, Day>();
  for (const { place } of changes) {
    const { store_id, day } = place;
    const rollup = ROLLUP_OF[place.kind];
    const name = `${store_id} ${rollup} ${day}`;
    if (!days.has(name)) days.set(name, { store_id, rollup, day });
  }
  return days.values();
};

export type Changes = { written: number; removed: number; unchanged: number };

/** What the ledger has to say of whole components of one store. */
export type LedgerPart = {
  /** All nodes of the components. */
  nodes: Iterable<bigint>;
  /** All their rows. */
  rows: readonly LedgerRow[];
};

export const createLedger = ({
  clickhouse,
  fence,
  dirtyDays,
  hasher,
}: {
  clickhouse: ClickHouse;
  fence: Fence;
  dirtyDays: DirtyDays;
  hasher: Hasher;
}) => {
  const digestOf = createDigest(hasher);

  /** Rows of one node follow each other. */
  const hashNodes = (): ((name: NodeName) => bigint) => {
    const known = new Map<NodeName, bigint>();
    return (name) => {
      let node = known.get(name);
      if (node === undefined) {
        node = hasher.xxh64(name);
        known.set(name, node);
      }
      return node;
    };
  };

  const insertKeys = (keys: readonly { place: Place; is_deleted: 0 | 1; digest: bigint }[]): Promise<void> =>
    fence.write(async ({ version, onlyIf }) => {
      const encoder = createBlockEncoder(KEY_COLUMNS);
      for (const [i, { place, is_deleted, digest }] of keys.entries()) {
        encoder.append({ ...place, version, is_deleted, digest });
        if (i % AT_ONCE === 0) await breathe();
      }
      await clickhouse.insertNative('ledger_keys', KEY_COLUMNS, encoder.finish(), onlyIf);
    });

  /** Rows and tombstones of whole components in one insert of one block, which readers see all at once. */
  const insertRows = (changed: readonly Change[], removed: readonly Place[]): Promise<void> =>
    fence.write(async ({ version, onlyIf }) => {
      const encoder = createBlockEncoder(LEDGER_COLUMNS);
      for (const [i, { place, row }] of changed.entries()) {
        encoder.append({ ...NOTHING, ...contentOf(row), ...place, version, is_deleted: 0 });
        if (i % AT_ONCE === 0) await breathe();
      }
      for (const place of removed) encoder.append({ ...NOTHING, ...place, version, is_deleted: 1 });
      await clickhouse.insertNative('ledger_rows', LEDGER_COLUMNS, encoder.finish(), onlyIf);
    });

  /**
   * Rows whose version is larger than any of ours go first: they would win against what mends them. Their keys have been
   * announced, so that what is deleted is written by whoever comes next, should this one not come to it.
   */
  const deleteAhead = async (rows: Iterable<StoredRow>): Promise<void> => {
    const all = [...rows];
    if (all.length === 0) return;
    await fence.write(async ({ version: ours, onlyIf }) => {
      for (const { digest, ...row } of all)
        if (row.version >= ours) await clickhouse.command(DELETE_ROW + onlyIf.sql, { ...row, ...onlyIf.params });
    });
  };

  /**
   * The keys of all rows that are about to change are announced first, with no digest: whatever becomes of the
   * insert of the rows (refused, half known, landing minutes later), the next who computes the component finds the
   * keys, trusts none of their rows and writes or removes every one of them in a larger version.
   */
  const write = async (
    changed: readonly Change[],
    removed: readonly Key[],
    wrong: ReadonlyMap<string, StoredRow> = new Map(),
  ): Promise<void> => {
    if (changed.length === 0 && removed.length === 0) return;
    const gone = removed.map(({ digest, ...place }) => ({ place, digest }));
    await dirtyDays.mark(daysOf([...changed, ...gone]));
    await insertKeys([
      ...changed
        .filter(({ before, digest, place }) => before !== 0n && (before !== digest || wrong.has(nameOf(place))))
        .map(({ place }) => ({ place, is_deleted: 0 as const, digest: 0n })),
      ...gone.filter(({ digest }) => digest !== 0n).map(({ place }) => ({ place, is_deleted: 0 as const, digest: 0n })),
    ]);
    await deleteAhead(wrong.values());
    await insertRows(
      changed,
      gone.map(({ place }) => place),
    );
    await insertKeys([
      ...changed.map(({ place, digest }) => ({ place, is_deleted: 0 as const, digest })),
      ...gone.map(({ place }) => ({ place, is_deleted: 1 as const, digest: 0n })),
    ]);
  };

  /** What is really stored where these rows stand, or should: by name. */
  const readStored = async (places: Iterable<Place>): Promise<Map<string, StoredRow>> => {
    const stored = new Map<string, StoredRow>();
    for (const [store_id, ofStore] of Map.groupBy(places, (place) => place.store_id)) {
      const distinct = [
        ...new Map(ofStore.map((place) => [`${place.kind} ${place.day} ${place.node}`, place])).values(),
      ];
      for (let i = 0; i < distinct.length; i += MAX_PLACES) {
        const some = distinct.slice(i, i + MAX_PLACES);
        const params = {
          store_id,
          kinds: some.map(({ kind }) => kind),
          days: some.map(({ day }) => day),
          nodes: some.map(({ node }) => node),
        };
        for await (const row of clickhouse.stream(storedRows, params)) stored.set(nameOf(row), row);
      }
    }
    return stored;
  };

  return {
    /**
     * Makes the ledger say what the parts say, by store: new and changed rows, and tombstones of vanished ones.
     * Repeating it changes nothing. `force` also writes rows that are the same as the stored ones; `verify` believes
     * no key, but looks at what the rows say.
     */
    async replace(
      parts: ReadonlyMap<string, LedgerPart>,
      { force, verify }: { force: boolean; verify: boolean },
    ): Promise<Changes> {
      const existing = new Map<string, Key>();
      const places = new Map([...parts].map(([store_id, { nodes }]) => [store_id, nodes]));
      for (const chunk of chunksOf(places))
        for await (const key of clickhouse.stream(keysOfNodes, chunk)) {
          existing.set(nameOf(key), key);
          if (existing.size % AT_ONCE === 0) await breathe();
        }
      const nodeOf = hashNodes();
      const made: (Change & { name: string })[] = [];
      for (const [store_id, { rows }] of parts)
        for (const row of rows) {
          const place = { store_id, node: nodeOf(row.node), kind: row.kind, day: row.day, key: rowKey(row) };
          const name = nameOf(place);
          const digest = digestOf(row.kind, contentOf(row));
          const before = existing.get(name)?.digest ?? null;
          made.push({ place, row, digest, before, name });
          if (made.length % AT_ONCE === 0) await breathe();
        }
      const stored = verify ? await readStored([...made.map(({ place }) => place), ...existing.values()]) : null;
      const wrong = new Map(stored);
      for (const { name, digest } of made) if (wrong.get(name)?.digest === digest) wrong.delete(name);
      const isSame = ({ name, digest, before }: (typeof made)[number]): boolean =>
        before === digest && (!stored || stored.get(name)?.digest === digest);
      await breathe();
      const changed = made.filter((change) => force || !isSame(change));
      for (const { name } of made) {
        existing.delete(name);
        stored?.delete(name);
      }
      // What stands where nothing was made; no key announces what has none.
      for (const [name, row] of stored ?? []) if (!existing.has(name)) existing.set(name, { ...row, digest: 0n });
      const removed = [...existing.values()].map(({ store_id, node, kind, day, key, digest }) => ({
        store_id,
        node,
        kind,
        day,
        key,
        digest,
      }));
      await write(changed, removed, wrong);
      return { written: changed.length, removed: removed.length, unchanged: made.length - changed.length };
    },

    /** Removes rows of nodes from `first` to `last` that no key names, `limit` at a time; answers how many there were. */
    async removeStrays(store_id: string, first: bigint, last: bigint, limit: number): Promise<number> {
      let removed = 0;
      let before: ReadonlySet<string> = new Set();
      for (;;) {
        const found = await clickhouse.query(strayRows, { store_id, first, last, limit });
        const strays = new Map(found.map((stray) => [nameOf(stray), stray]));
        const fresh = [...strays.keys()].filter((name) => !before.has(name)).length;
        // What is still there has withstood; the next turn of the sweep meets it again.
        if (fresh === 0) return removed;
        const gone = [...strays.values()].map(({ version, ...place }) => place);
        await write([], gone, strays);
        removed += fresh;
        if (found.length < limit) return removed;
        before = new Set(strays.keys());
      }
    },

    /** One of these nodes that has rows; null when none has. */
    async witness(store_id: string, nodes: Iterable<bigint>): Promise<bigint | null> {
      for (const chunk of chunksOf(new Map([[store_id, nodes]])))
        for await (const { node } of clickhouse.stream(keysOfNodes, chunk)) return node;
      return null;
    },

    /** Tombstones up to `limit` rows that are older than `version`; answers how many there were. */
    async removeBefore(store_id: string, version: bigint, limit: number): Promise<number> {
      const stale = await clickhouse.query(keysBeforeVersion, { store_id, version, limit });
      await write([], stale);
      return stale.length;
    },
  };
};
export type Ledger = ReturnType<typeof createLedger>;
