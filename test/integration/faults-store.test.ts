/** The model of the store against ClickHouse itself: what each is asked, the other is asked too. */
import { randomUUID } from 'node:crypto';
import { ledgerInsertsUnderWay } from '@cartledger/aggregator/testing';
import { type ClickHouse, createClickHouse, defineQuery, integer, migrate } from '@cartledger/clickhouse';
import { createRandom } from '@cartledger/funnel/testing';
import { INTAKE_COLUMNS, RUN_COLUMNS } from '@cartledger/ingest/testing';
import { afterAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { intakeCounts } from '../faults/model/oracle/state.ts';
import { SCHEMAS } from '../faults/model/store/directory.ts';
import { openModel } from '../faults/model/store/open.ts';
import { storeConformance } from '../faults/store-conformance/index.ts';
import { createTwin, type Twin } from '../faults/store-conformance/twin.ts';

const openReal = async (): Promise<{ clickhouse: ClickHouse; close(): Promise<void> }> => {
  const database = `faults_${randomUUID().replaceAll('-', '')}`;
  const clickhouse = createClickHouse({ url: inject('clickhouseUrl'), database });
  await migrate(clickhouse, SCHEMAS, { analyticsDatabase: `${database}_analytics` });
  return {
    clickhouse,
    close: async () => {
      await clickhouse.command(`DROP DATABASE IF EXISTS ${database}_analytics`);
      await clickhouse.command(`DROP DATABASE IF EXISTS ${database}`);
      await clickhouse.close();
    },
  };
};

const twins: Twin[] = [];

storeConformance('ClickHouse', async () => {
  const [real, model] = [await openReal(), openModel()];
  const twin = createTwin(real.clickhouse, model.clickhouse);
  twins.push(twin);
  return {
    clickhouse: twin.clickhouse,
    merge: async (table) => {
      await real.clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`);
      await model.merge(table);
    },
    close: real.close,
  };
});

test('in all of this the model said what ClickHouse said', () => {
  const [twin] = twins;
  expect(twin?.differences).toEqual([]);
  expect(twin?.compared.size).toBeGreaterThan(30);
});

test('an insert that ClickHouse is at is under way, and is not when it is done', async () => {
  const { clickhouse, close } = await openReal();
  const underWay = async () =>
    (await clickhouse.query(ledgerInsertsUnderWay, { tables: ['links', 'ledger_rows'] }))[0]?.inserts;
  try {
    let isDone = false;
    const slow = clickhouse
      .command(
        `INSERT INTO \`links\` (store_id, node, neighbor)
          SELECT 's', number, sleepEachRow(0.1) FROM numbers(20) SETTINGS max_block_size = 1`,
      )
      .finally(() => {
        isDone = true;
      });
    const seen = new Set<number | undefined>();
    while (!isDone) seen.add(await underWay());
    await slow;
    expect([seen.has(1), await underWay()]).toEqual([true, 0]);
  } finally {
    await close();
  }
});

const countsOfView = defineQuery({
  name: 'test.intake_counts',
  sql: `SELECT concat(store_id, ' ', formatDateTime(quarter, '%Y-%m-%dT%H:%i'), ' ', measure) AS name,
      if(any(measure) = 'clock_error_max_ms', max(n), sum(n)) AS n
    FROM intake_counts GROUP BY store_id, quarter, measure`,
  params: z.object({}),
  row: z.object({ name: z.string(), n: integer }),
});

test('what the oracle of the fault suite counts of deliveries is what the view counts', async () => {
  const real = await openReal();
  try {
    const model = openModel();
    const { clickhouse } = createTwin(real.clickhouse, model.clickhouse);
    const random = createRandom(1);
    const partition = () => ({ log_epoch: random.pick(['a', 'b']), log_partition: random.below(2) });
    // A run is always here before its counts.
    const runs = ['a', 'b'].flatMap((log_epoch) =>
      [0, 1].flatMap((log_partition) =>
        [1, 2, 3, 4, 5].map((generation) => ({ log_epoch, log_partition, generation, start_offset: random.below(60) })),
      ),
    );
    for (const run of runs) await clickhouse.insertNative('intake_runs', RUN_COLUMNS, [run]);
    const rows = Array.from({ length: 400 }, () => {
      const first_offset = random.below(50);
      return {
        ...partition(),
        store_id: random.pick(['', 's', 't']),
        quarter: Date.UTC(2026, 5, 15, 0, 15 * random.below(3)),
        measure: random.pick(['delivered', 'late', 'clock_error_max_ms']),
        generation: 1 + random.below(5),
        first_offset,
        batch_offset: first_offset + random.below(20),
        counted_before: random.below(100),
        counted: random.below(100),
      };
    });
    for (let i = 0; i < rows.length; i += 40)
      await clickhouse.insertNative('intake', INTAKE_COLUMNS, rows.slice(i, i + 40));
    const counted = await real.clickhouse.query(countsOfView, {});
    const [intake, begun] = [model.store.table('intake').final(), model.store.table('intake_runs').final()];
    expect(new Map(counted.map(({ name, n }) => [name, n]))).toEqual(intakeCounts(intake, begun));
    expect(counted.length).toBeGreaterThan(20);
  } finally {
    await real.close();
  }
});

afterAll(() => {
  console.log(`answers compared: ${[...(twins[0]?.compared ?? [])].map(([name, n]) => `${name} ${n}`).join(', ')}`);
});
