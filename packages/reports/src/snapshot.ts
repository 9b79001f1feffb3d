import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';

/** Grows with every write to the store's ledgers, tombstones included. */
const ledgerVersion = defineQuery({
  name: 'ledger_version',
  sql: 'SELECT max(version) AS version FROM ledger_rows WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ version: z.coerce.bigint() }),
});

export const readLedgerVersion = async (clickhouse: ClickHouse, store_id: string): Promise<bigint> =>
  (await clickhouse.query(ledgerVersion, { store_id }))[0]?.version ?? 0n;

const TRIES = 6;

/**
 * A report is several queries. Each sees whole components, but between two of them the ledgers may move on; then all
 * are asked again, so that its parts are of one state. While much is being taken in the last try stands, `still` false.
 */
export const atOneState = async <T>(
  clickhouse: ClickHouse,
  store_id: string,
  read: () => Promise<T>,
): Promise<{ value: T; still: boolean }> => {
  let before = await readLedgerVersion(clickhouse, store_id);
  for (let tries = 1; ; tries++) {
    const value = await read();
    const after = await readLedgerVersion(clickhouse, store_id);
    if (before === after || tries === TRIES) return { value, still: before === after };
    before = after;
  }
};
