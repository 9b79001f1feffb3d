import { packRecords } from '@cartledger/event-log';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBatcher } from './batcher.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const records = (count: number, bytes = 10, from = 0) =>
  packRecords(
    Array.from({ length: count }, (_, i) => ({
      partition: 0,
      offset: BigInt(from + i),
      timestamp: 0,
      key: null,
      value: Buffer.alloc(bytes),
      headers: {},
    })),
  );
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

test('a fetch holds its memory until the batch that has its last record is done', async () => {
  const batcher = make({ maxRows: 2 });
  batcher.push(records(3, 100));
  const held = batcher.waitingBytes;
  expect((await batcher.next())?.bytes).toBe(0);
  expect(batcher).toMatchObject({ waitingBytes: held, waitingRecords: 1 });
  batcher.push(records(1, 50, 3));
  const both = batcher.waitingBytes;
  expect((await batcher.next())?.bytes).toBe(both);
  expect(batcher).toMatchObject({ waitingBytes: 0, waitingRecords: 0 });
});

test('a batch of several fetches is one run of records, wherever they were cut', async () => {
  const batcher = make({ maxRows: 4 });
  for (const from of [0, 3, 6]) batcher.push(records(3, 10, from));
  const offsets = [];
  for (let left = 2; left > 0; left -= 1) {
    const batch = await batcher.next();
    const run = batch?.records;
    const all = [...(run ?? [])].map(({ offset }) => offset);
    offsets.push(all);
    expect(all.map((_, index) => run?.offsetAt(index))).toEqual(all);
    expect(run?.offsetAt(-1)).toBe(all.at(-1));
    expect(() => run?.at(all.length)).toThrow(RangeError);
  }
  expect(offsets).toEqual([
    [0n, 1n, 2n, 3n],
    [4n, 5n, 6n, 7n],
  ]);
});

test('closing ends the waiting, whatever is left', async () => {
  const batcher = make({});
  const next = batcher.next();
  batcher.push(records(1));
  batcher.close();
  expect(await next).toBeNull();
});
