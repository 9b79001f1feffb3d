import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchArrival } from './arrival.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMITS = { timeoutMs: 15_000, graceMs: 2_000, minBytesPerSecond: 1_000 };

/** When, in ms, the body is given up that has `bytesAfter(ms)` of itself. */
const givenUpAt = async (bytesAfter: ((ms: number) => number) | null): Promise<number | null> => {
  const begun = performance.now();
  let late: number | null = null;
  const received = bytesAfter && (() => 5_000 + bytesAfter(performance.now() - begun));
  using _ = watchArrival(LIMITS, received, () => {
    late = performance.now() - begun;
  });
  await vi.advanceTimersByTimeAsync(60_000);
  return late;
};

test('a body that trickles is given up after the grace, one that stops later soon after', async () => {
  expect(await givenUpAt((ms) => ms / 10)).toBe(2_000);
  expect(await givenUpAt(() => 0)).toBe(2_000);
  expect(await givenUpAt((ms) => Math.min(4_000, ms * 2))).toBe(5_000);
});

test('one that comes as fast as it must has its time, and no more', async () => {
  expect(await givenUpAt((ms) => ms * 1.1)).toBe(15_000);
  expect(await givenUpAt(null)).toBe(15_000);
});

test('nothing is watched any more when the body is there', async () => {
  {
    using _ = watchArrival(LIMITS, null, () => {});
  }
  expect(vi.getTimerCount()).toBe(0);
});
