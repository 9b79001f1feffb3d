import { setTimeout as sleep } from 'node:timers/promises';
import { bigInteger, type ClickHouse, defineQuery, type InsertCondition, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import { AggregatorError } from './errors.ts';

const largestToken = defineQuery({
  name: 'writers.largest',
  sql: 'SELECT max(token) AS token FROM ledger_writers',
  params: z.object({}),
  row: z.object({ token: bigInteger }),
});

/** What only the holder of the lease writes, on condition. */
const FENCED = ['ledger_rows', 'ledger_keys', 'dirty_days', 'funnel_days', 'cart_days', 'order_days', 'restatements'];

const ledgerInsertsUnderWay = defineQuery({
  name: 'writers.under_way',
  sql: `
    SELECT count() AS inserts
    FROM system.processes
    WHERE query_kind = 'Insert' AND current_database = currentDatabase()
      AND arrayExists(name -> startsWith(query, concat('INSERT INTO \`', name, '\`')), {tables:Array(String)})`,
  params: z.object({ tables: z.array(z.string()) }),
  row: z.object({ inserts: integer }),
});

const WRITER_COLUMNS = [{ name: 'token', type: 'UInt64' }] as const;
const POLL_MS = 25;
const MAX_POLLS = 4_000;

/**
 * Keeps a writer that lost its lease without knowing from writing: ClickHouse itself refuses an insert into the
 * ledger once a larger token has been announced. Checking the lease first cannot do that, because a process may
 * be paused between the check and the insert.
 */
export const createWriters = (clickhouse: ClickHouse) => ({
  /** From the answer on, nothing is written under a smaller token: neither begun nor still under way. */
  async announce(token: number): Promise<void> {
    const [largest] = await clickhouse.query(largestToken, {});
    if (largest && largest.token > BigInt(token))
      throw new AggregatorError(
        'stale_control',
        `the lease token is ${token} and ClickHouse has seen ${largest.token}: the control store is not the one ` +
          'these ledgers were made with. Use that one, or truncate ledger_rows, ledger_keys, ledger_writers and store_state to have them rebuilt',
      );
    await clickhouse.insertNative('ledger_writers', WRITER_COLUMNS, [{ token }]);
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      const [row] = await clickhouse.query(ledgerInsertsUnderWay, { tables: FENCED });
      if (!row || row.inserts === 0) return;
      await sleep(POLL_MS);
    }
    throw new AggregatorError('lease_lost', 'an insert of an earlier writer does not come to its end');
  },

  condition: (token: number): InsertCondition => ({
    sql: '(SELECT max(token) FROM ledger_writers) <= {token:UInt64}',
    params: { token },
  }),
});
export type Writers = ReturnType<typeof createWriters>;
