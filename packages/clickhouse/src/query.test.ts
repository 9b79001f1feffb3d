import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineQuery } from './query.ts';

const row = z.object({ n: z.int() });

test('a parameter that only the SQL knows is refused when the query is defined', () => {
  expect(() =>
    defineQuery({ name: 'orders', sql: 'SELECT 1 AS n WHERE {day:Date32} > 0', params: z.object({}), row }),
  ).toThrow('query orders: parameters of the SQL and of the schema differ (only in the SQL: day');
});

test('a parameter that only the schema knows is refused when the query is defined', () => {
  expect(() =>
    defineQuery({ name: 'orders', sql: 'SELECT 1 AS n', params: z.object({ day: z.string() }), row }),
  ).toThrow('only in the schema: day');
});

test('a parameter may be used many times and have a nested type', () => {
  const query = {
    name: 'orders',
    sql: 'SELECT 1 AS n WHERE has({ids:Array(UInt64)}, {id: UInt64}) OR {id:UInt64} = 0',
    params: z.object({ ids: z.array(z.bigint()), id: z.bigint() }),
    row,
  };
  expect(defineQuery(query)).toBe(query);
});
