import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { createFence } from './fence.ts';
import { createLease } from './lease.ts';
import { createWriters } from './writers.ts';

/** A ClickHouse that knows announcements and conditions alone, and a lease that nobody else wants. */
const setUp = async () => {
  const store = { announced: [] as number[], underWay: 0, polls: 0 };
  const clickhouse = {
    query: async ({ name }: { name: string }) => {
      if (name === 'writers.largest') return [{ token: BigInt(Math.max(0, ...store.announced)) }];
      store.polls++;
      return [{ inserts: store.underWay-- > 0 ? 1 : 0 }];
    },
    insertNative: async (_table: string, _columns: unknown, rows: { token: number }[]) => {
      store.announced.push(...rows.map(({ token }) => token));
    },
  } as unknown as ClickHouse;
  const writers = createWriters(clickhouse);
  let held = 1;
  const leases = {
    acquire: async (_name: string, _owner: string, _ttlMs: number, atLeast = 0) => {
      held = Math.max(held, atLeast);
      return { token: held };
    },
    release: async () => {},
  };
  const lease = createLease({ leases, writers }, { owner: 'me', ttlMs: 1_000, signal: new AbortController().signal });
  await lease.acquire();
  return { store, lease, fence: createFence({ clickhouse, lease, writers }) };
};

const noAnswer = async (): Promise<never> => {
  throw new ClickHouseError('timeout', 'no answer in time', { retriable: true });
};
const tokenOf = async ({ onlyIf }: { onlyIf: { params: Readonly<Record<string, unknown>> } }) => onlyIf.params.token;

test('writes that go well share a token', async () => {
  const { store, fence } = await setUp();
  expect([await fence.write(tokenOf), await fence.write(tokenOf)]).toEqual([1, 1]);
  expect(store.announced).toEqual([1]);
});

test('after a write without an answer the next one waits until that can land no more', async () => {
  const { store, fence } = await setUp();
  await expect(fence.write(noAnswer)).rejects.toThrow('no answer');
  store.underWay = 3;
  store.polls = 0;
  expect(await fence.write(tokenOf)).toBe(2);
  expect(store.announced).toEqual([1, 2]);
  expect(store.polls).toBe(4);
});

test('a run that begins after such a write knows a token of its own', async () => {
  const { lease, fence } = await setUp();
  await expect(fence.write(noAnswer)).rejects.toThrow('no answer');
  await lease.acquire();
  expect(fence.token()).toBe(2);
});
