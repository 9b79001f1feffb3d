/** What the round's database says, in the words of the oracle. */
import { bigInteger, type ClickHouse, defineQuery, integer } from '@cartledger/clickhouse';
import type { EventLog } from '@cartledger/event-log';
import { z } from 'zod';
import { type Letter, letterOf } from '../model/oracle/state.ts';

const text = z.coerce.string();

const keptEvents = defineQuery({
  name: 'faults.events',
  sql: `SELECT store_id, visitor_id, event_id, toUnixTimestamp64Milli(occurred_at) AS occurred_at,
      toUnixTimestamp64Milli(received_at) AS received_at, toString(payload_hash) AS payload_hash,
      log_epoch, log_partition, toString(log_offset) AS log_offset
    FROM events FINAL`,
  params: z.object({}),
  row: z.object({
    store_id: z.string(),
    visitor_id: z.string(),
    event_id: z.string(),
    occurred_at: integer,
    received_at: integer,
    payload_hash: text,
    log_epoch: z.string(),
    log_partition: integer,
    log_offset: text,
  }),
});

const intake = defineQuery({
  name: 'faults.intake',
  sql: 'SELECT * EXCEPT quarter, toUnixTimestamp(quarter) * 1000 AS quarter FROM intake FINAL',
  params: z.object({}),
  row: z.object({
    store_id: z.string(),
    quarter: integer,
    measure: z.string(),
    log_epoch: z.string(),
    log_partition: integer,
    generation: integer,
    first_offset: integer,
    batch_offset: integer,
    counted_before: integer,
    counted: integer,
  }),
});

const intakeRuns = defineQuery({
  name: 'faults.intake_runs',
  sql: 'SELECT * FROM intake_runs FINAL',
  params: z.object({}),
  row: z.object({ log_epoch: z.string(), log_partition: integer, generation: integer, start_offset: integer }),
});

const standing = defineQuery({
  name: 'faults.standing',
  sql: `SELECT (
      SELECT uniqExact(batch_id) FROM touches WHERE batch_id NOT IN (SELECT batch_id FROM touched_batches_done)
    ) AS pending, (SELECT count() FROM store_state FINAL) AS stores,
    (SELECT toUnixTimestamp64Milli(min(as_of)) FROM store_state FINAL) AS as_of`,
  params: z.object({}),
  row: z.object({ pending: integer, stores: integer, as_of: bigInteger }),
});

/** How far the ledgers are. */
export const readStanding = async (
  clickhouse: ClickHouse,
): Promise<{ pending: number; stores: number; asOf: number }> => {
  const [row] = await clickhouse.query(standing, {});
  if (row === undefined) throw new Error('ClickHouse answered without a row');
  return { pending: row.pending, stores: row.stores, asOf: Number(row.as_of) };
};

export const readKept = async (clickhouse: ClickHouse) => ({
  events: await clickhouse.query(keptEvents, {}),
  intake: await clickhouse.query(intake, {}),
  runs: await clickhouse.query(intakeRuns, {}),
});

export const readLetters = async (log: EventLog, topic: string): Promise<Letter[]> => {
  const letters: Letter[] = [];
  for (const { partition, earliest, end } of await log.offsets(topic))
    for await (const record of log.read(topic, partition, earliest, end)) letters.push(letterOf(record));
  return letters;
};
