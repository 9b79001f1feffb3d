import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBatcher } from './batcher.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const records = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, i) => ({
    partition: 0,
    offset: BigInt(i),
    timestamp: 0,
    key: null,
    value: Buffer.alloc(bytes),
    headers: {},
  }));
const make = (bounds: { maxRows?: number; maxBytes?: number; maxAgeMs?: number }) =>
  createBatcher({ now: () => Date.now() }, { maxRows: 100, maxBytes: 1_000_000, maxAgeMs: 500, ...bounds });

test('a batch waits for company no longer than its age', async () => {
  const batcher = make({});
  batcher.push(records(3));
  const settled = vi.fn();
  const next = batcher.next().then((batch) => {
    settled();
    return batch;
  });
  await vi.advanceTimersByTimeAsync(499);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect((await next)?.records).toHaveLength(3);
});

test('a full batch does not wait, and the rest is the next one', async () => {
  const batcher = make({ maxRows: 10 });
  batcher.push(records(25));
  expect((await batcher.next())?.records).toHaveLength(10);
  expect((await batcher.next())?.records).toHaveLength(10);
  expect(batcher.waitingRecords).toBe(5);
});

test('bytes bound a batch too, but one record always fits', async () => {
  const batcher = make({ maxBytes: 3_000 });
  batcher.push(records(4, 1_000));
  expect((await batcher.next())?.records).toHaveLength(2);
  const tiny = make({ maxBytes: 1 });
  tiny.push(records(2));
  expect((await tiny.next())?.records).toHaveLength(1);
});

test('records and bytes that wait are those pushed and not yet cut', async () => {
  const batcher = make({ maxRows: 2 });
  batcher.push(records(3, 100));
  const before = batcher.waitingBytes;
  const batch = await batcher.next();
  expect(batcher.waitingBytes).toBe(before - (batch?.bytes ?? 0));
  expect(batcher.waitingRecords).toBe(1);
});

test('closing ends the waiting, whatever is left', async () => {
  const batcher = make({});
  const next = batcher.next();
  batcher.push(records(1));
  batcher.close();
  expect(await next).toBeNull();
});
