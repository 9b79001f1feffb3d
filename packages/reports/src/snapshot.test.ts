import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { atOneState } from './snapshot.ts';

const withVersions = (...versions: bigint[]): ClickHouse => {
  const left = [...versions];
  const query = async () => [{ version: left.length > 1 ? left.shift() : left[0] }];
  return { query } as unknown as ClickHouse;
};

test('a report during which the ledgers moved is read again', async () => {
  let reads = 0;
  const read = async () => ++reads;
  expect(await atOneState(withVersions(1n, 2n, 3n, 3n), 's', read)).toEqual({ value: 3, still: true });
});

test('ledgers that never stand still do not keep a report for ever', async () => {
  let version = 0n;
  const moving = { query: async () => [{ version: version++ }] } as unknown as ClickHouse;
  let reads = 0;
  expect(await atOneState(moving, 's', async () => ++reads)).toEqual({ value: 6, still: false });
});
