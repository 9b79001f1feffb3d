import { setTimeout as sleep } from 'node:timers/promises';
import { bigInteger, type ClickHouse, defineQuery, type InsertCondition, integer } from '@cartledger/clickhouse';
import { z } from 'zod';
import { AggregatorError } from './errors.ts';

const VERSIONED = [
  'ledger_rows',
  'ledger_keys',
  'dirty_days',
  'funnel_days',
  'cart_days',
  'order_days',
  'restatements',
  'store_state',
];
/** What only the holder of the lease writes, on condition. */
const FENCED = [...VERSIONED, 'retention'];

/** A version has 32 bits for its counter. */
export const TOKEN_FACTOR = 2n ** 32n;
/** No lease gets this far; a larger version was put there by hand, and the sweep deletes its row. */
const MAX_TOKEN = 2n ** 31n;

/** Versions tell what `ledger_writers` has forgotten, should somebody have emptied it. */
export const largestToken = defineQuery({
  name: 'writers.largest',
  sql: `
    SELECT max(token) AS token FROM (
      SELECT max(token) AS token FROM ledger_writers
      ${VERSIONED.map(
        (table) =>
          `UNION ALL SELECT intDiv(maxIf(version, version < ${MAX_TOKEN * TOKEN_FACTOR}), ${TOKEN_FACTOR}) FROM ${table}`,
      ).join('\n      ')}
    )`,
  params: z.object({}),
  row: z.object({ token: bigInteger }),
});

export const ledgerInsertsUnderWay = defineQuery({
  name: 'writers.under_way',
  sql: `
    SELECT count() AS inserts
    FROM system.processes
    WHERE query_kind = 'Insert' AND current_database = currentDatabase()
      AND arrayExists(name -> startsWith(query, concat('INSERT INTO \`', name, '\`')), {tables:Array(String)})`,
  params: z.object({ tables: z.array(z.string()) }),
  row: z.object({ inserts: integer }),
});

export const WRITER_COLUMNS = [{ name: 'token', type: 'UInt64' }] as const;
const POLL_MS = { first: 25, most: 500 };
/** Inserts are bounded: the server gives them up earlier. */
const MAX_WAIT_MS = 90_000;

/**
 * Keeps a writer that lost its lease without knowing from writing: ClickHouse itself refuses an insert into the
 * ledger once a larger token has been announced. Checking the lease first cannot do that, because a process may
 * be paused between the check and the insert.
 */
export const createWriters = (clickhouse: ClickHouse) => ({
  /**
   * The largest token under which anything has been written. Larger than one that the control store hands out when that
   * store was lost, or brought back from a copy: whatever is written under a smaller one would lose for good.
   */
  async largest(): Promise<number> {
    const [largest] = await clickhouse.query(largestToken, {});
    const token = largest?.token ?? 0n;
    if (token < MAX_TOKEN) return Number(token);
    throw new AggregatorError(
      'bad_token',
      `ledger_writers has token ${token}, which no lease gets to: delete the rows with a token of ${MAX_TOKEN} or more`,
    );
  },

  /** From the answer on, nothing is inserted under a smaller token: neither begun nor still under way. */
  async announce(token: number, signal?: AbortSignal): Promise<void> {
    await clickhouse.insertNative('ledger_writers', WRITER_COLUMNS, [{ token }]);
    let pause = POLL_MS.first;
    for (let waited = 0; waited < MAX_WAIT_MS; waited += pause, pause = Math.min(pause * 2, POLL_MS.most)) {
      const [row] = await clickhouse.query(ledgerInsertsUnderWay, { tables: FENCED });
      if (!row || row.inserts === 0) return;
      await sleep(pause);
      signal?.throwIfAborted();
    }
    throw new AggregatorError(
      'insert_under_way',
      'an insert into the ledger does not come to its end in ClickHouse: look for it in system.processes',
    );
  },

  condition: (token: number): InsertCondition => ({
    sql: '(SELECT max(token) FROM ledger_writers) <= {token:UInt64}',
    params: { token },
  }),
});
export type Writers = ReturnType<typeof createWriters>;
