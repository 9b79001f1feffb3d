import { expect, test } from 'vitest';
import { createRest } from './rest.ts';

const clock = () => {
  let time = 0;
  return { now: () => time, pass: (ms: number) => (time += ms) };
};

test('work after quiet is not followed by rest', () => {
  const { now, pass } = clock();
  const rest = createRest({ share: 0.1, burstMs: 10_000, maxRestMs: 10_000 }, now);
  pass(4_000);
  expect(rest.after(4_000)).toBe(0);
});

test('steady work takes no more than its share of the time', () => {
  const { now, pass } = clock();
  const rest = createRest({ share: 0.1, burstMs: 1_000, maxRestMs: 60_000 }, now);
  let worked = 0;
  while (now() < 3_600_000) {
    pass(300);
    worked += 300;
    pass(rest.after(300));
  }
  expect(worked / now()).toBeLessThan(0.102);
  expect(worked / now()).toBeGreaterThan(0.098);
});

test('no rest is longer than its bound, and a debt does not outlive the load that made it', () => {
  const { now, pass } = clock();
  const rest = createRest({ share: 0.1, burstMs: 1_000, maxRestMs: 5_000 }, now);
  pass(60_000);
  expect(rest.after(60_000)).toBe(5_000);
  pass(5_000);
  pass(10);
  expect(rest.after(10)).toBeLessThan(100);
});

test('a share of 1 never rests', () => {
  const { now, pass } = clock();
  const rest = createRest({ share: 1, burstMs: 0, maxRestMs: 5_000 }, now);
  pass(7_000);
  expect(rest.after(7_000)).toBe(0);
});
