import { expect, test } from 'vitest';
import { createBudget } from './budget.ts';
import { createRateLimit } from './rate-limit.ts';

test('a key that overdrew waits until its debt is paid, and others do not', () => {
  let clock = 0;
  const rate = createRateLimit({ perSecond: 10, burst: 20, now: () => clock });
  expect(rate.waitMs('a')).toBe(0);
  rate.spend('a', 29);
  expect(rate.waitMs('a')).toBe(1_000);
  expect(rate.waitMs('b')).toBe(0);
  clock = 999;
  expect(rate.waitMs('a')).toBe(0);
  rate.spend('a', 1);
  expect(rate.waitMs('a')).toBeGreaterThan(0);
});

test('what is not spent is kept up to the burst and no further', () => {
  let clock = 0;
  const rate = createRateLimit({ perSecond: 10, burst: 20, now: () => clock });
  rate.spend('a', 20);
  clock = 3_600_000;
  rate.spend('a', 21);
  expect(rate.waitMs('a')).toBe(200);
});

test('a clock set back gives and takes nothing', () => {
  let clock = 10_000;
  const rate = createRateLimit({ perSecond: 10, burst: 20, now: () => clock });
  rate.spend('a', 10);
  clock = 0;
  expect(rate.waitMs('a')).toBe(0);
  rate.spend('a', 10);
  expect(rate.waitMs('a')).toBe(100);
});

test('no more keys are remembered than allowed', () => {
  const rate = createRateLimit({ perSecond: 1, burst: 1, now: () => 0, maxKeys: 2 });
  for (const key of ['a', 'b', 'c']) rate.spend(key, 5);
  expect(rate.waitMs('c')).toBeGreaterThan(0);
  expect(rate.waitMs('a')).toBe(0);
});

test('a budget never gives out more than it has', () => {
  const budget = createBudget(10);
  expect(budget.take(6)).toBe(true);
  expect(budget.take(5)).toBe(false);
  expect(budget.taken).toBe(6);
  budget.give(6);
  expect(budget.take(10)).toBe(true);
});
