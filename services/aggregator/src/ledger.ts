import { bigInteger, type ClickHouse, createBlockEncoder, defineQuery, type RowOf } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { type LedgerRow, type NodeName, rowKey } from '@cartledger/funnel';
import { chunksOf, inPlaces, placesParams } from '@cartledger/history';
import { z } from 'zod';
import type { Lease } from './lease.ts';
import { type Content, contentOf, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';
import { createDigest } from './ledger-digest.ts';
import type { Writers } from './writers.ts';

const KINDS = ['journey', 'cart', 'order', 'refund'] as const;

const key = z.object({
  store_id: z.string(),
  node: bigInteger,
  kind: z.enum(KINDS),
  day: z.string(),
  key: z.string(),
  digest: bigInteger,
});

const keysOfNodes = defineQuery({
  name: 'ledger.keys',
  sql: `
    SELECT store_id, node, kind, day, key, digest
    FROM ledger_keys FINAL
    WHERE ${inPlaces('node')}`,
  params: placesParams,
  row: key,
});

/** Rows too, for one that no key names has come by hand. */
const keysBeforeVersion = defineQuery({
  name: 'ledger.stale',
  sql: `
    SELECT store_id, node, kind, day, key, max(key_digest) AS digest
    FROM (
      SELECT store_id, node, kind, day, key, digest AS key_digest
      FROM ledger_keys FINAL WHERE store_id = {store_id:String} AND version < {version:UInt64}
      UNION ALL
      SELECT store_id, node, kind, day, key, 0 AS key_digest
      FROM ledger_rows FINAL WHERE store_id = {store_id:String} AND version < {version:UInt64}
    )
    GROUP BY store_id, node, kind, day, key
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), version: z.bigint(), limit: z.int() }),
  row: key,
});
type Key = z.output<typeof key>;

type Place = Omit<Key, 'digest'>;

const KEY_COLUMNS = [
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
type Change = { place: Place; content: Content; digest: bigint; before: bigint | null };

export type Changes = { written: number; removed: number; unchanged: number };

/** What the ledger has to say of whole components of one store. */
export type LedgerPart = {
  /** The newest. */
  definition_version: number;
  /** All nodes of the components. */
  nodes: Iterable<bigint>;
  /** All their rows. */
  rows: readonly LedgerRow[];
};

export const createLedger = ({
  clickhouse,
  lease,
  writers,
  hasher,
}: {
  clickhouse: ClickHouse;
  lease: Lease;
  writers: Writers;
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

  /** Refused by the server when another writer has begun since. */
  const insertKeys = async (rows: (version: bigint) => RowOf<typeof KEY_COLUMNS>[]): Promise<void> => {
    const token = await lease.confirm();
    const block = rows(lease.nextVersion());
    await clickhouse.insertNative('ledger_keys', KEY_COLUMNS, block, writers.condition(token));
  };

  /** Rows and tombstones of whole components in one insert of one block, which readers see all at once. */
  const insertRows = async (changed: readonly Change[], removed: readonly Place[]): Promise<void> => {
    const token = await lease.confirm();
    const version = lease.nextVersion();
    const encoder = createBlockEncoder(LEDGER_COLUMNS);
    for (const { place, content } of changed) encoder.append({ ...content, ...place, version, is_deleted: 0 });
    for (const { store_id, node, kind, day, key } of removed)
      encoder.append({ ...NOTHING, store_id, node, kind, day, key, version, is_deleted: 1 });
    await clickhouse.insertNative('ledger_rows', LEDGER_COLUMNS, encoder.finish(), writers.condition(token));
  };

  /**
   * The keys of all rows that are about to change are announced first, with no digest: whatever becomes of the
   * insert of the rows (refused, half known, landing minutes later), the next who computes the component finds the
   * keys, trusts none of their rows and writes or removes every one of them in a larger version.
   */
  const write = async (changed: readonly Change[], removed: readonly Key[]): Promise<void> => {
    if (changed.length === 0 && removed.length === 0) return;
    await insertKeys((version) => [
      ...changed
        .filter(({ before, digest }) => before !== 0n && before !== digest)
        .map(({ place }) => ({ ...place, version, is_deleted: 0, digest: 0n })),
      ...removed
        .filter(({ digest }) => digest !== 0n)
        .map((place) => ({ ...place, version, is_deleted: 0, digest: 0n })),
    ]);
    await insertRows(changed, removed);
    await insertKeys((version) => [
      ...changed.map(({ place, digest }) => ({ ...place, version, is_deleted: 0, digest })),
      ...removed.map((place) => ({ ...place, version, is_deleted: 1, digest: 0n })),
    ]);
  };

  return {
    /**
     * Makes the ledger say what the parts say, by store: new and changed rows, and tombstones of vanished ones.
     * Repeating it changes nothing. `force` also writes rows that are the same as the stored ones.
     */
    async replace(parts: ReadonlyMap<string, LedgerPart>, { force }: { force: boolean }): Promise<Changes> {
      const existing = new Map<string, Key>();
      const places = new Map([...parts].map(([store_id, { nodes }]) => [store_id, nodes]));
      for (const chunk of chunksOf(places))
        for await (const key of clickhouse.stream(keysOfNodes, chunk)) existing.set(nameOf(key), key);
      const nodeOf = hashNodes();
      const changed: Change[] = [];
      let unchanged = 0;
      for (const [store_id, { definition_version, rows }] of parts)
        for (const row of rows) {
          const content = { ...NOTHING, ...contentOf(row, definition_version) };
          const place = { store_id, node: nodeOf(row.node), kind: row.kind, day: row.day, key: rowKey(row) };
          const digest = digestOf(row.kind, content);
          const name = nameOf(place);
          const before = existing.get(name)?.digest ?? null;
          existing.delete(name);
          if (force || before !== digest) changed.push({ place, content, digest, before });
          else unchanged++;
        }
      const removed = [...existing.values()];
      await write(changed, removed);
      return { written: changed.length, removed: removed.length, unchanged };
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
