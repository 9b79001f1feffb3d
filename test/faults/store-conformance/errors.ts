import { BlockValueError, defineQuery } from '@cartledger/clickhouse';
import { countsOfVisitors } from '@cartledger/history/testing';
import { EVENT_COLUMNS, lastGeneration, TOUCH_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { allOf, codeOf, type Suite } from './harness.ts';
import { eventRow } from './samples.ts';

export const errorsSection = (suite: Suite): void => {
  describe('errors', () => {
    test('a table or a column that is not there is told by its code', async () => {
      const row = { batch_id: suite.newBatch(), store_id: 's', visitor_hash: 1n, neighbors: [] };
      expect(await codeOf(suite.clickhouse.insertNative('nowhere', TOUCH_COLUMNS, [row]))).toBe('UNKNOWN_TABLE');
      const columns = [...TOUCH_COLUMNS, { name: 'nothing', type: 'String' }] as const;
      const insert = suite.clickhouse.insertNative('touches', columns, [{ ...row, nothing: '' }]);
      expect(await codeOf(insert)).toBe('NO_SUCH_COLUMN_IN_TABLE');
    });

    test('a value that its column cannot hold is refused before anything is sent', async () => {
      const store_id = suite.newStore();
      const rows = [
        eventRow({ store_id, visitor_id: 'v', event_id: 'e' }),
        eventRow({ store_id, visitor_id: 'v', event_id: 'f', revision: -1 }),
      ];
      await expect(suite.clickhouse.insertNative('events', EVENT_COLUMNS, rows)).rejects.toThrow(BlockValueError);
      const places = { stores: [store_id], store_numbers: [1], nodes: [rows[0]?.visitor_hash ?? 0n].map(BigInt) };
      expect(await suite.clickhouse.query(countsOfVisitors, places)).toEqual([]);
    });

    test('parameters and rows of another shape are told as such', async () => {
      const wrong = { log_epoch: 'e', log_partition: 'zero' } as unknown as {
        log_epoch: string;
        log_partition: number;
      };
      expect(await codeOf(suite.clickhouse.query(lastGeneration, wrong))).toBe('bad_parameters');
      const { name, sql, params } = lastGeneration;
      const other = defineQuery({ name, sql, params, row: z.object({ generation: z.boolean() }) });
      expect(await codeOf(suite.clickhouse.query(other, { log_epoch: 'e', log_partition: 0 }))).toBe('bad_row');
      const streamed = allOf(suite.clickhouse.stream(other, { log_epoch: 'e', log_partition: 0 }));
      expect(await codeOf(streamed)).toBe('bad_row');
    });

    test('a server that is there says so', async () => {
      expect(await suite.clickhouse.ping()).toBe(true);
      expect((await suite.clickhouse.checkServer()).version).not.toBe('');
    });
  });
};
