/** What the ledger is asked, and what is deleted of it. */
import { bigInteger, defineQuery } from '@cartledger/clickhouse';
import { inPlaces, placesParams } from '@cartledger/history';
import { z } from 'zod';
import { STORED_DIGEST } from './ledger-digest.ts';

const KINDS = ['journey', 'cart', 'order', 'refund'] as const;

const key = z.object({
  store_id: z.string(),
  node: bigInteger,
  kind: z.enum(KINDS),
  day: z.string(),
  key: z.string(),
  digest: bigInteger,
});

export const keysOfNodes = defineQuery({
  name: 'ledger.keys',
  sql: `
    SELECT store_id, node, kind, day, key, digest
    FROM ledger_keys FINAL
    WHERE ${inPlaces('node')}`,
  params: placesParams,
  row: key,
});

/** Rows too, for one that no key names has come by hand. */
export const keysBeforeVersion = defineQuery({
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
export type Key = z.output<typeof key>;

const storedRow = key.extend({ version: bigInteger });
export type StoredRow = z.output<typeof storedRow>;

/** The rows as they are, with the digest of what they really say. */
export const storedRows = defineQuery({
  name: 'ledger.stored',
  sql: `
    SELECT store_id, node, kind, day, key, version, ${STORED_DIGEST} AS digest
    FROM ledger_rows FINAL
    WHERE store_id = {store_id:String} AND (kind, day, node) IN (
      SELECT CAST(kind_name, 'Enum8(''journey'' = 1, ''cart'' = 2, ''order'' = 3, ''refund'' = 4)'), toDate32(day_name), place
      FROM (SELECT 1)
      ARRAY JOIN {kinds:Array(String)} AS kind_name, {days:Array(String)} AS day_name, {nodes:Array(UInt64)} AS place)`,
  params: z.object({
    store_id: z.string(),
    kinds: z.array(z.string()),
    days: z.array(z.string()),
    nodes: z.array(z.bigint()),
  }),
  row: storedRow,
});

/** Rows that no key names: nobody would ever look at them again. */
export const strayRows = defineQuery({
  name: 'ledger.strays',
  sql: `
    SELECT store_id, node, kind, day, key, version, 0 AS digest
    FROM ledger_rows FINAL
    WHERE store_id = {store_id:String} AND node BETWEEN {first:UInt64} AND {last:UInt64}
      AND (node, kind, day, key) NOT IN (
        SELECT node, kind, day, key FROM ledger_keys FINAL
        WHERE store_id = {store_id:String} AND node BETWEEN {first:UInt64} AND {last:UInt64})
    LIMIT {limit:UInt32}`,
  params: z.object({ store_id: z.string(), first: z.bigint(), last: z.bigint(), limit: z.int() }),
  row: storedRow,
});

/** What a version of ours could not replace: that row and no other, and only while nobody else has begun to write. */
export const DELETE_ROW = `
  DELETE FROM ledger_rows
  WHERE store_id = {store_id:String} AND kind = {kind:String} AND day = {day:Date32} AND node = {node:UInt64} AND key = {key:String}
    AND version = {version:UInt64} AND `;
