/** What a run costs that finds nothing to do, however much was done before. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createWorld, type World } from './aggregator-world.ts';

const HOUR = 3_600_000;
let time = Date.now();
let world: World;
beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), () => time);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const ask = <R extends z.ZodObject>(sql: string, row: R) =>
  world.clickhouse.query({ name: 'test.ask', sql, params: z.object({}), row }, {});

/** Touches of as many batches. */
const touch = (batches: number, prefix: string) =>
  world.clickhouse.command(
    `INSERT INTO touches (batch_id, store_id, visitor_hash)
     SELECT toUUID(concat('${prefix}0000000-0000-0000-0000-', leftPad(toString(number % ${batches}), 12, '0'))), 'nobody', number
     FROM numbers(100000)`,
  );

test('what is pending is read of batches, not of all touches, before and after those that are done are deleted', async () => {
  let pending = '';
  const listening: ClickHouse = {
    ...world.clickhouse,
    query: (query, params) => {
      if (query.name === 'touched.pending') pending = query.sql;
      return world.clickhouse.query(query, params);
    },
  };
  await touch(50, '0');
  await using aggregator = world.aggregator({ leaseTtlMs: 1_000 * HOUR }, { clickhouse: listening });
  while ((await aggregator.runOnce()) === 'more');
  const plan = async () => {
    const sql = pending.replace('{held:Array(UUID)}', '[]::Array(UUID)').replace('{limit:UInt32}', '100');
    const lines = await ask(`SELECT explain FROM (EXPLAIN ${sql})`, z.object({ explain: z.string() }));
    return lines.map(({ explain }) => explain).join('\n');
  };
  expect(await plan()).toContain('ReadFromMergeTree (batches)');

  await touch(40, '1');
  time += 48 * HOUR;
  while ((await aggregator.runOnce()) === 'more');
  const [left] = await ask(
    'SELECT uniqExact(batch_id) AS batches FROM touches',
    z.object({ batches: z.coerce.number() }),
  );
  expect(left?.batches).toBe(40);
  expect(await plan()).toContain('ReadFromMergeTree (batches)');
  await aggregator.stop();
});
