import { expect, test } from 'vitest';
import { demoTraffic } from './demo.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 22, 19);

test('live traffic has the days that the history has, and begins within a minute', async () => {
  let now = START;
  const stop = new AbortController();
  const sleep = (ms: number): Promise<void> => {
    now += ms;
    return Promise.resolve();
  };
  const at: number[] = [];
  for await (const _ of demoTraffic(30, { now: () => now, sleep }).events(stop.signal)) {
    at.push(now - START);
    if (now > START + 2 * DAY_MS) stop.abort();
  }
  expect(at[0]).toBeLessThan(60_000);
  expect(at[4]).toBeLessThan(5 * 60_000);
  // 40,000 events in 30 days.
  expect(at.length / 2).toBeGreaterThan(0.6 * 1_333);
  expect(at.length / 2).toBeLessThan(1.6 * 1_333);
});
