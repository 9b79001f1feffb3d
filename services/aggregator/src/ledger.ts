import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { type LedgerRow, type NodeName, rowKey, stringifyExact } from '@cartledger/funnel';
import { z } from 'zod';
import { chunksOf } from './chunks.ts';
import type { Lease } from './lease.ts';
import { contentOf, LEDGER_COLUMNS, type LedgerColumns, NOTHING } from './ledger-columns.ts';
import type { Writers } from './writers.ts';

const KINDS = ['journey', 'cart', 'order', 'refund'] as const;

const keysOfNodes = defineQuery({
  name: 'ledger.keys',
  sql: `
    SELECT node, kind, key, digest
    FROM ledger FINAL
    WHERE store_id = {store_id:String} AND node IN {nodes:Array(UInt64)}`,
  params: z.object({ store_id: z.string(), nodes: z.array(z.bigint()) }),
  row: z.object({ node: bigInteger, kind: z.enum(KINDS), key: z.string(), digest: bigInteger }),
});

const keysBeforeVersion = defineQuery({
  name: 'ledger.stale',
  sql: `
    SELECT node, kind, key, digest
    FROM ledger FINAL
    WHERE store_id = {store_id:String} AND version < {version:UInt64}
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), version: z.bigint(), limit: z.int() }),
  row: keysOfNodes.row,
});
type Key = z.output<typeof keysOfNodes.row>;

const nameOf = ({ node, kind, key }: Pick<Key, 'node' | 'kind' | 'key'>): string => `${node} ${kind} ${key}`;

export type Changes = { written: number; removed: number; unchanged: number };

export type LedgerWrite = {
  store_id: string;
  definition_version: number;
  /** All nodes of the components. */
  nodes: Iterable<bigint>;
  /** All their rows. */
  rows: readonly LedgerRow[];
  /** Also writes rows that are the same as the stored ones. */
  force: boolean;
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

  const tombstone = (store_id: string, definition_version: number, { node, kind, key }: Key) => ({
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
     * Makes the ledger say of whole components what `rows` says: new and changed rows and tombstones of vanished ones
     * in one insert of one block, which readers see all at once. Repeating it changes nothing.
     */
    async replace({ store_id, definition_version, nodes, rows, force }: LedgerWrite): Promise<Changes> {
      const existing = new Map<string, Key>();
      for (const chunk of chunksOf(nodes))
        for await (const key of clickhouse.stream(keysOfNodes, { store_id, nodes: chunk }))
          existing.set(nameOf(key), key);
      const nodeOf = hashNodes();
      const block: Omit<LedgerColumns, 'version'>[] = [];
      let unchanged = 0;
      for (const row of rows) {
        const content = contentOf(row);
        const { kind } = row;
        const place = { node: nodeOf(row.node), kind, key: rowKey(row) };
        const digest = hasher.xxh64(stringifyExact([definition_version, kind, content]));
        const before = existing.get(nameOf(place));
        existing.delete(nameOf(place));
        if (!force && before?.digest === digest) unchanged++;
        else block.push({ ...NOTHING, ...content, store_id, ...place, is_deleted: 0, digest, definition_version });
      }
      const written = block.length;
      for (const key of existing.values()) block.push(tombstone(store_id, definition_version, key));
      await insert(block);
      return { written, removed: block.length - written, unchanged };
    },

    /** Tombstones up to `limit` rows that are older than `version`; answers how many there were. */
    async removeBefore(store_id: string, definition_version: number, version: bigint, limit: number): Promise<number> {
      const stale = await clickhouse.query(keysBeforeVersion, { store_id, version, limit });
      await insert(stale.map((key) => tombstone(store_id, definition_version, key)));
      return stale.length;
    },
  };
};
export type Ledger = ReturnType<typeof createLedger>;
