import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';

const ofPartition = { epoch: z.string(), partition: z.number() };

const intakeRuns = defineQuery({
  name: 'intake_runs_of_partition',
  sql: `SELECT generation, min(start_offset) AS start FROM intake_runs
    WHERE log_epoch = {epoch:String} AND log_partition = {partition:UInt32} GROUP BY generation ORDER BY generation`,
  params: z.object(ofPartition),
  row: z.object({ generation: bigInteger, start: bigInteger }),
});

const ofRun = { ...ofPartition, generation: z.bigint(), at: z.bigint() };

const lastBegunRow = defineQuery({
  name: 'intake_last_begun_row',
  sql: `SELECT max(toNullable(first_offset)) AS first FROM intake WHERE log_epoch = {epoch:String}
    AND log_partition = {partition:UInt32} AND generation = {generation:UInt64} AND first_offset <= {at:UInt64}`,
  params: z.object(ofRun),
  row: z.object({ first: bigInteger.nullable() }),
});

const firstRowAcross = defineQuery({
  name: 'intake_first_row_across',
  sql: `SELECT min(toNullable(first_offset)) AS first FROM (
      SELECT first_offset, max(batch_offset) AS last FROM intake
      WHERE log_epoch = {epoch:String} AND log_partition = {partition:UInt32} AND generation = {generation:UInt64}
        AND first_offset < {at:UInt64}
      GROUP BY store_id, quarter, measure, first_offset HAVING last >= {at:UInt64}
    )`,
  params: z.object(ofRun),
  row: z.object({ first: bigInteger.nullable() }),
});

/**
 * The latest offset up to `asked` at which counts of deliveries can be taken up again exactly: the beginning of a batch
 * that no row of `intake` reaches across. A row counts all or nothing from where a later run begins (see the view
 * intake_counts), so one that lies on both sides would be counted twice in part. Rows are of a quarter of an hour: it is
 * rarely more than that.
 */
export const rewindPoint = async (
  clickhouse: Pick<ClickHouse, 'query'>,
  { epoch, partition, asked }: { epoch: string; partition: number; asked: bigint },
): Promise<bigint> => {
  const runs = await clickhouse.query(intakeRuns, { epoch, partition });
  // The run whose counts stand at `asked`: it began at or below it, and no later one did.
  const run = runs.findLast(({ start }) => start <= asked);
  if (run === undefined) return asked;
  const { generation, start } = run;
  const [begun] = await clickhouse.query(lastBegunRow, { epoch, partition, generation, at: asked });
  let point = begun?.first ?? start;
  for (;;) {
    const [across] = await clickhouse.query(firstRowAcross, { epoch, partition, generation, at: point });
    const first = across?.first ?? null;
    if (first === null) return point;
    point = first;
  }
};
