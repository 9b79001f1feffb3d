import { expect, test } from 'vitest';
import { SCHEMAS } from './directory.ts';
import { readSchema } from './schema.ts';
import { createTable } from './tables.ts';

const schema = readSchema(SCHEMAS);
const columnsOf = (table: string) => [...(schema.get(table)?.columns.values() ?? [])];

test('every table of the migrations is there as they leave it, with its nested columns and its defaults', () => {
  expect([...schema.keys()]).toEqual(
    expect.arrayContaining([
      'cart_days',
      'dirty_days',
      'events',
      'intake',
      'ledger_keys',
      'ledger_rows',
      'store_state',
    ]),
  );
  expect(schema.has('ledger')).toBe(false);
  expect(columnsOf('store_state').map(({ name }) => name)).toContain('versions.stages');
  expect(columnsOf('dirty_days').map(({ name }) => name)).toContain('as_of');
  expect(columnsOf('cart_days').find(({ name }) => name === 'cells.amounts')?.type).toMatch(/^Array\(Array\(Tuple\(/);
  expect(columnsOf('touches').filter(({ isServerTime }) => isServerTime)).toHaveLength(1);
  expect(schema.get('ledger_rows')?.engine).toEqual({ kind: 'replacing', version: 'version', isDeleted: 'is_deleted' });
  expect(schema.get('touches')?.engine).toEqual({ kind: 'plain' });
});

test('a block that is torn leaves the first of its months, and never all of them', () => {
  const events = schema.get('events');
  if (events === undefined) throw new Error('no events');
  const row = (month: number) => ({
    store_id: 's',
    visitor_hash: 1n,
    event_hash: 1n,
    version: 1n,
    occurred_at: Date.UTC(2026, month, 1),
  });
  for (const [torn, left] of [
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 0],
  ] as const) {
    const table = createTable(events);
    table.insert([row(0), row(1), row(2)], torn);
    expect(table.raw()).toHaveLength(left);
  }
});
