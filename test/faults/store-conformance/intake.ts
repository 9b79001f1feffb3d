import { INTAKE_COLUMNS, lastGeneration, RUN_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import type { Suite } from './harness.ts';

export const intakeSection = (suite: Suite): void => {
  const begin = (log_epoch: string, log_partition: number, generation: number): Promise<void> =>
    suite.clickhouse.insertNative('intake_runs', RUN_COLUMNS, [
      { log_epoch, log_partition, generation, start_offset: 0n },
    ]);

  describe('intake', () => {
    test('the last run of a partition is the one of the largest generation, in this life of its topic', async () => {
      const epoch = suite.newStore();
      const last = (log_epoch: string, log_partition: number) =>
        suite.clickhouse.query(lastGeneration, { log_epoch, log_partition });
      expect(await last(epoch, 0)).toEqual([{ generation: 0 }]);
      for (const generation of [5, 9, 7]) await begin(epoch, 0, generation);
      await begin(epoch, 1, 11);
      await begin(`${epoch}-again`, 0, 13);
      for (const merged of [false, true]) {
        if (merged) await suite.merge('intake_runs');
        expect(await last(epoch, 0)).toEqual([{ generation: 9 }]);
        expect(await last(epoch, 1)).toEqual([{ generation: 11 }]);
      }
    });

    test('counts are written whole', async () => {
      const row = {
        store_id: suite.newStore(),
        quarter: Date.UTC(2026, 5, 15, 12, 15),
        measure: 'delivered',
        log_epoch: 'epoch',
        log_partition: 0,
        generation: 1n,
        first_offset: 0n,
        batch_offset: 0n,
        counted_before: 0n,
        counted: 5n,
      };
      await suite.clickhouse.insertNative('intake', INTAKE_COLUMNS, [
        row,
        { ...row, batch_offset: 9n, counted_before: 5n },
      ]);
    });
  });
};
