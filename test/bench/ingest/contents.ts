import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';

// formatRow, for the hash of columns of which one is NULL would be NULL and left out.
const hashed = defineQuery({
  name: 'bench.contents',
  sql: `SELECT count() AS rows, toString(groupBitXor(cityHash64(formatRow('RowBinary',
      * EXCEPT (version, payload_hash, has_items, log_epoch))))) AS hash
    FROM events FINAL`,
  params: z.object({}),
  row: z.object({ rows: z.coerce.number(), hash: z.string() }),
});

const counted = defineQuery({
  name: 'bench.kept',
  sql: 'SELECT count() AS rows FROM events FINAL',
  params: z.object({}),
  row: z.object({ rows: z.coerce.number() }),
});

/** All rows as they are read, but for what the engine cannot know: their number and one hash over them. */
export const contentsOf = async (clickhouse: ClickHouse): Promise<{ rows: number; hash: string }> =>
  (await clickhouse.query(hashed, {}))[0] ?? { rows: 0, hash: '' };

export const keptEvents = async (clickhouse: ClickHouse): Promise<number> =>
  (await clickhouse.query(counted, {}))[0]?.rows ?? 0;
