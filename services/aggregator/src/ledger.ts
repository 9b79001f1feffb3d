import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { type LedgerRow, type NodeName, rowKey, stringifyExact } from '@cartledger/funnel';
import { z } from 'zod';
import type { Lease } from './lease.ts';
import { contentOf, LEDGER_COLUMNS, type LedgerColumns, NOTHING } from './ledger-columns.ts';
import { chunksOf, inPlaces, placesParams } from './places.ts';
import type { Writers } from './writers.ts';

const KINDS = ['journey', 'cart', 'order', 'refund'] as const;

const keysOfNodes = defineQuery({
  name: 'ledger.keys',
  sql: `
    SELECT store_id, node, kind, key, digest
    FROM ledger FINAL
    WHERE ${inPlaces('node')}`,
  params: placesParams,
  row: z.object({ store_id: z.string(), node: bigInteger, kind: z.enum(KINDS), key: z.string(), digest: bigInteger }),
});

const keysBeforeVersion = defineQuery({
  name: 'ledger.stale',
  sql: `
    SELECT store_id, node, kind, key, digest
    FROM ledger FINAL
    WHERE store_id = {store_id:String} AND version < {version:UInt64}
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), version: z.bigint(), limit: z.int() }),
  row: keysOfNodes.row,
});
type Key = z.output<typeof keysOfNodes.row>;

type Place = Omit<Key, 'digest'>;

/** No store_id has a space. */
const nameOf = ({ store_id, node, kind, key }: Place): string => `${store_id} ${node} ${kind} ${key}`;

export type Changes = { written: number; removed: number; unchanged: number };

/** What the ledger has to say of whole components of one store. */
export type LedgerPart = {
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
  const insert = async (rows: readonly Omit<LedgerColumns, 'version'>[]): Promise<void> => {
    if (rows.length === 0) return;
    const token = await lease.confirm();
    const version = lease.nextVersion();
    await clickhouse.insertNative(
      'ledger',
      LEDGER_COLUMNS,
      rows.map((row) => ({ ...row, version })),
      writers.condition(token),
    );
  };

  const tombstone = ({ store_id, node, kind, key }: Place, definition_version: number) => ({
    ...NOTHING,
    store_id,
    node,
    kind,
    key,
    is_deleted: 1,
    digest: 0n,
    definition_version,
  });

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

  return {
    /**
     * Makes the ledger say what the parts say, by store: new and changed rows and tombstones of vanished ones in one
     * insert of one block, which readers see all at once. Repeating it changes nothing. `force` also writes rows that
     * are the same as the stored ones.
     */
    async replace(parts: ReadonlyMap<string, LedgerPart>, { force }: { force: boolean }): Promise<Changes> {
      const existing = new Map<string, Key>();
      const places = new Map([...parts].map(([store_id, { nodes }]) => [store_id, nodes]));
      for (const chunk of chunksOf(places))
        for await (const key of clickhouse.stream(keysOfNodes, chunk)) existing.set(nameOf(key), key);
      const nodeOf = hashNodes();
      const block: Omit<LedgerColumns, 'version'>[] = [];
      let unchanged = 0;
      for (const [store_id, { definition_version, rows }] of parts)
        for (const row of rows) {
          const content = contentOf(row);
          const place = { store_id, node: nodeOf(row.node), kind: row.kind, key: rowKey(row) };
          const digest = hasher.xxh64(stringifyExact([definition_version, row.kind, content]));
          const name = nameOf(place);
          const before = existing.get(name);
          existing.delete(name);
          if (!force && before?.digest === digest) unchanged++;
          else block.push({ ...NOTHING, ...content, ...place, is_deleted: 0, digest, definition_version });
        }
      const written = block.length;
      for (const key of existing.values()) block.push(tombstone(key, parts.get(key.store_id)?.definition_version ?? 0));
      await insert(block);
      return { written, removed: block.length - written, unchanged };
    },

    /** Tombstones up to `limit` rows that are older than `version`; answers how many there were. */
    async removeBefore(store_id: string, definition_version: number, version: bigint, limit: number): Promise<number> {
      const stale = await clickhouse.query(keysBeforeVersion, { store_id, version, limit });
      await insert(stale.map((key) => tombstone(key, definition_version)));
      return stale.length;
    },
  };
};
export type Ledger = ReturnType<typeof createLedger>;
