import {
  createStoreStates,
  createTouched,
  createWriters,
  DELETE_ROW,
  ledgerInsertsUnderWay,
  WRITER_COLUMNS,
} from '@cartledger/aggregator/testing';
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { TOUCH_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import { beginWriting, codeOf, type Suite } from './harness.ts';

export const fenceSection = (suite: Suite): void => {
  const touchIf = async (sql: string, params: Readonly<Record<string, unknown>> = {}) => {
    const [store_id, batch_id] = [suite.newStore(), suite.newBatch()];
    const row = { batch_id, store_id, visitor_hash: 1n, neighbors: [] };
    const outcome = await suite.clickhouse.insertNative('touches', TOUCH_COLUMNS, [row], { sql, params }).then(
      () => 'done',
      (error: unknown) => codeOf(Promise.reject(error)),
    );
    return [outcome, (await createTouched(suite.clickhouse).read([batch_id])).size];
  };

  describe('the fence', () => {
    test('an insert is made when its condition holds, and not when it does not or nobody knows', async () => {
      expect(await touchIf('1')).toEqual(['done', 1]);
      expect(await touchIf('0')).toEqual(['condition_failed', 0]);
      expect(await touchIf('NULL')).toEqual(['condition_failed', 0]);
    });

    test('a block of no rows asks no condition', async () => {
      await suite.clickhouse.insertNative('touches', TOUCH_COLUMNS, [], { sql: '0', params: {} });
    });

    test('whoever has been announced last may write, and nobody before', async () => {
      const { condition, token } = await beginWriting(suite.clickhouse);
      expect(await touchIf(condition.sql, condition.params)).toEqual(['done', 1]);
      const next = await beginWriting(suite.clickhouse);
      expect(next.token).toBe(token + 1);
      expect(await touchIf(condition.sql, condition.params)).toEqual(['condition_failed', 0]);
      expect(await touchIf(next.condition.sql, next.condition.params)).toEqual(['done', 1]);
    });

    test('an INSERT SELECT of an earlier writer is refused, but one that has nothing to write', async () => {
      const store_id = suite.newStore();
      const { clickhouse } = suite;
      const states = createStoreStates({ clickhouse, fence: (await beginWriting(clickhouse)).fence });
      const versions = [{ from: null, definition: DEFAULT_DEFINITION }];
      const store = { store_id, created_at: 0, definition: DEFAULT_DEFINITION, versions };
      await states.write([{ store, asOf: 5, lastEventAt: 4 }]);
      await beginWriting(clickhouse);
      expect(await codeOf(states.advance(store_id, 9, 9))).toBe('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
      expect((await states.read()).get(store_id)).toMatchObject({ asOf: 5, lastEventAt: 4 });
      const nobody = suite.newStore();
      await states.advance(nobody, 9, 9);
      expect((await states.read()).has(nobody)).toBe(false);
    });

    test('a row is deleted by nobody but the last writer; the others delete nothing and are not told', async () => {
      const { condition } = await beginWriting(suite.clickhouse);
      const row = { store_id: suite.newStore(), kind: 'cart', day: '2026-06-15', node: 1n, key: 'k', version: 1n };
      await suite.clickhouse.command(DELETE_ROW + condition.sql, { ...row, ...condition.params });
      await beginWriting(suite.clickhouse);
      await suite.clickhouse.command(DELETE_ROW + condition.sql, { ...row, ...condition.params });
    });

    test('the largest token is that of the writers or of any version, but those that were put there by hand', async () => {
      const { token } = await beginWriting(suite.clickhouse);
      const writers = createWriters(suite.clickhouse);
      expect(await writers.largest()).toBe(token);
      await suite.clickhouse.insertNative('ledger_writers', WRITER_COLUMNS, [{ token: token - 1 }]);
      expect(await writers.largest()).toBe(token);
    });

    test('nothing is under way when nothing runs', async () => {
      expect(await suite.clickhouse.query(ledgerInsertsUnderWay, { tables: ['ledger_rows', 'touches'] })).toEqual([
        { inserts: 0 },
      ]);
    });
  });
};
