import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { atOneState } from './snapshot.ts';

const DAYS = { from: '2027-01-01', to: '2027-01-31' };

type Versions = { announced: bigint; written: bigint };

/** Ledgers with a dirty day of those watched; `next`: what they stand at, from one look to the next. */
const atVersions = (next: () => Versions): ClickHouse => {
  let now: Versions;
  const query = async ({ name }: { name: string }) => {
    if (name === 'written') return [{ written: now.written, written_by: 0 }];
    now = next();
    if (name === 'announced') return [{ announced: now.announced }];
    const behind = [['2027-01-05', 'cart']];
    return [{ states: [], behind, carts_settled_at: 0, has_rollups: 1, announced: now.announced }];
  };
  return { query } as unknown as ClickHouse;
};

const withVersions = (...versions: [announced: bigint, written: bigint][]): ClickHouse => {
  const left = [...versions];
  return atVersions(() => {
    const [announced, written] = (left.length > 1 ? left.shift() : left[0]) ?? [0n, 0n];
    return { announced, written };
  });
};

test('a report during which a write was announced, or landed, is read again', async () => {
  let reads = 0;
  const read = async () => ++reads;
  const announcedThenWritten = withVersions([1n, 1n], [2n, 1n], [2n, 1n], [2n, 2n], [2n, 2n], [2n, 2n]);
  expect(await atOneState(announcedThenWritten, 's', DAYS, read)).toEqual({ value: 3, still: true });
});

test('ledgers that never stand still do not keep a report for ever', async () => {
  let version = 0n;
  const moving = atVersions(() => ({ announced: version++, written: 0n }));
  let reads = 0;
  expect(await atOneState(moving, 's', DAYS, async () => ++reads)).toEqual({ value: 6, still: false });
});

test('what is written on other days than those that matter does not make a report be read again', async () => {
  let version = 0n;
  const query = async (_: unknown, { to }: { to: string }) => {
    version++;
    const announced = to < '2027-02-01' ? 7n : version;
    return [{ states: [], behind: [], carts_settled_at: 0, has_rollups: 1, announced }];
  };
  const clickhouse = { query } as unknown as ClickHouse;
  let reads = 0;
  expect(await atOneState(clickhouse, 's', DAYS, async () => ++reads)).toEqual({ value: 1, still: true });
  expect(await atOneState(clickhouse, 's', { ...DAYS, to: '2027-02-01' }, async () => 0)).toMatchObject({
    still: false,
  });
});
