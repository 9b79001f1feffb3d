import { makeDefinition, type Store } from '@cartledger/control';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createStoreDirectory } from './store-directory.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const setUp = () => {
  const ids = ['a'];
  let reads = 0;
  const list = async (): Promise<Store[]> => {
    reads += 1;
    return ids.map((store_id) => {
      const definition = makeDefinition({}, 1);
      return { store_id, created_at: 0, definition, versions: [{ from: null, definition }] };
    });
  };
  const directory = createStoreDirectory(
    { stores: { list }, now: () => Date.now() },
    { refreshMs: 3_000, minIntervalMs: 1_000 },
  );
  return { ids, directory, reads: () => reads };
};

test('a store made before the moment that is asked for is found', async () => {
  const { ids, directory } = setUp();
  await directory.freshSince(Date.now());
  ids.push('b');
  vi.advanceTimersByTime(1);
  const fresh = directory.freshSince(Date.now());
  await vi.advanceTimersByTimeAsync(1_000);
  await fresh;
  expect(directory.get('b')).toEqual({ maxAgeDays: 400, retentionDays: null });
});

test('however many stores are missed, control is asked at most once a second', async () => {
  const { directory, reads } = setUp();
  const asking = Array.from({ length: 500 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i * 10));
    await directory.freshSince(Date.now());
  });
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all(asking);
  expect(reads()).toBeLessThanOrEqual(7);
  expect(directory.get('nobody')).toBeUndefined();
});

test('what is fresh enough is not read again', async () => {
  const { directory, reads } = setUp();
  await directory.refreshIfStale();
  await vi.advanceTimersByTimeAsync(2_999);
  await directory.refreshIfStale();
  expect(reads()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  await directory.refreshIfStale();
  expect(reads()).toBe(2);
});

test('a control store that fails throws, and the next call asks again', async () => {
  let failures = 1;
  const list = async (): Promise<Store[]> => {
    failures -= 1;
    if (failures >= 0) throw new Error('down');
    return [];
  };
  const directory = createStoreDirectory(
    { stores: { list }, now: () => Date.now() },
    { refreshMs: 3_000, minIntervalMs: 0 },
  );
  await expect(directory.freshSince(Date.now())).rejects.toThrow('down');
  await directory.freshSince(Date.now());
});
