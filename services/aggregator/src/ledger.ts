import { bigInteger, type ClickHouse, createBlockEncoder, defineQuery } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { type LedgerRow, type NodeName, rowKey, stringifyExact } from '@cartledger/funnel';
import { z } from 'zod';
import type { Lease } from './lease.ts';
import { type Content, contentOf, LEDGER_COLUMNS, type LedgerColumns, NOTHING } from './ledger-columns.ts';
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
  /** A block in the making, all rows of one version. */
  const beginBlock = async () => {
    const token = await lease.confirm();
    const encoder = createBlockEncoder(LEDGER_COLUMNS);
    const version = lease.nextVersion();
    const append = (
      place: Place,
      row: Partial<Content> & Pick<LedgerColumns, 'is_deleted' | 'digest' | 'definition_version'>,
    ) =>
      encoder.append({
        ...NOTHING,
        ...row,
        store_id: place.store_id,
        node: place.node,
        kind: place.kind,
        key: place.key,
        version,
      });
    return {
      write: (place: Place, content: Partial<Content>, digest: bigint, definition_version: number) =>
        append(place, { ...content, is_deleted: 0, digest, definition_version }),
      tombstone: (place: Place, definition_version: number) =>
        append(place, { is_deleted: 1, digest: 0n, definition_version }),
      /** One insert; refused by the server when another writer has begun since. */
      insert: () => clickhouse.insertNative('ledger', LEDGER_COLUMNS, encoder.finish(), writers.condition(token)),
    };
  };

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
      const block = await beginBlock();
      const changes = { written: 0, removed: 0, unchanged: 0 };
      for (const [store_id, { definition_version, rows }] of parts)
        for (const row of rows) {
          const content = contentOf(row);
          const place = { store_id, node: nodeOf(row.node), kind: row.kind, key: rowKey(row) };
          const digest = hasher.xxh64(stringifyExact([definition_version, row.kind, content]));
          const name = nameOf(place);
          const before = existing.get(name);
          existing.delete(name);
          if (!force && before?.digest === digest) {
            changes.unchanged++;
            continue;
          }
          block.write(place, content, digest, definition_version);
          changes.written++;
        }
      for (const key of existing.values()) {
        block.tombstone(key, parts.get(key.store_id)?.definition_version ?? 0);
        changes.removed++;
      }
      await block.insert();
      return changes;
    },

    /** Tombstones up to `limit` rows that are older than `version`; answers how many there were. */
    async removeBefore(store_id: string, definition_version: number, version: bigint, limit: number): Promise<number> {
      const stale = await clickhouse.query(keysBeforeVersion, { store_id, version, limit });
      const block = await beginBlock();
      for (const key of stale) block.tombstone(key, definition_version);
      await block.insert();
      return stale.length;
    },
  };
};
export type Ledger = ReturnType<typeof createLedger>;
