import { expect, test, vi } from 'vitest';
import { startSchedule } from './schedule.ts';

const EVERY_SECOND = '* * * * * *';
const HOUR_MS = 3_600_000;

test('a rest is kept by the clock, and ended by one that is set back: no hour passes without work', async () => {
  let time = 10 * HOUR_MS;
  let works = 0;
  let looks = 0;
  const now = () => {
    looks++;
    return time;
  };
  const work = async () => {
    works++;
    return 1_000;
  };
  const schedule = startSchedule({ work, now }, EVERY_SECOND);
  await vi.waitFor(() => expect(works).toBe(1), 5_000);
  const before = looks;
  await vi.waitFor(() => expect(looks).toBeGreaterThan(before + 1), 5_000);
  expect(works).toBe(1);
  time -= HOUR_MS;
  await vi.waitFor(() => expect(works).toBe(2), 5_000);
  time += 1_000;
  await vi.waitFor(() => expect(works).toBe(3), 5_000);
  await schedule.stop();
});
