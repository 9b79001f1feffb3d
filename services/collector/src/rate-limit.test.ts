import { expect, test } from 'vitest';
import { createBudget } from './budget.ts';
import { createRateLimit } from './rate-limit.ts';

const SHARE = { perSecond: 10, burst: 20 };

test('a key that overdrew waits until its debt is paid, and others do not', () => {
  let clock = 0;
  const rate = createRateLimit({ now: () => clock });
  expect(rate.waitMs('a', SHARE)).toBe(0);
  rate.spend('a', SHARE, 29);
  expect(rate.waitMs('a', SHARE)).toBe(1_000);
  expect(rate.waitMs('b', SHARE)).toBe(0);
  clock = 999;
  expect(rate.waitMs('a', SHARE)).toBe(0);
  rate.spend('a', SHARE, 1);
  expect(rate.waitMs('a', SHARE)).toBeGreaterThan(0);
});

test('what is not spent is kept up to the burst and no further', () => {
  let clock = 0;
  const rate = createRateLimit({ now: () => clock });
  rate.spend('a', SHARE, 20);
  clock = 3_600_000;
  rate.spend('a', SHARE, 21);
  expect(rate.waitMs('a', SHARE)).toBe(200);
});

test('a clock set back gives and takes nothing', () => {
  let clock = 10_000;
  const rate = createRateLimit({ now: () => clock });
  rate.spend('a', SHARE, 10);
  clock = 0;
  expect(rate.waitMs('a', SHARE)).toBe(0);
  rate.spend('a', SHARE, 10);
  expect(rate.waitMs('a', SHARE)).toBe(100);
});

test('keys with shares of their own are held to them', () => {
  let clock = 0;
  const rate = createRateLimit({ now: () => clock });
  const small = { perSecond: 1, burst: 1 };
  rate.spend('small', small, 5);
  rate.spend('large', SHARE, 5);
  expect([rate.waitMs('small', small), rate.waitMs('large', SHARE)]).toEqual([5_000, 0]);
  clock = 4_999;
  expect(rate.waitMs('small', small)).toBe(0);
});

test('no more keys are remembered than allowed', () => {
  const rate = createRateLimit({ now: () => 0, maxKeys: 2 });
  for (const key of ['a', 'b', 'c']) rate.spend(key, SHARE, 50);
  expect(rate.waitMs('c', SHARE)).toBeGreaterThan(0);
  expect(rate.waitMs('a', SHARE)).toBe(0);
});

test('a budget never gives out more than it has', () => {
  const budget = createBudget(10);
  expect(budget.take(6)).toBe(true);
  expect(budget.take(5)).toBe(false);
  expect(budget.taken).toBe(6);
  budget.give(6);
  expect(budget.take(10)).toBe(true);
});

test('what is taken of a part is taken of the whole, and neither gives more than it has', () => {
  const whole = createBudget(10);
  const [one, other] = [createBudget(6, whole), createBudget(6, whole)];
  expect(one.take(7)).toBe(false);
  expect(one.take(6)).toBe(true);
  expect(other.take(5)).toBe(false);
  expect(other.take(4)).toBe(true);
  expect(whole.taken).toBe(10);
  one.give(6);
  expect([one.taken, other.taken, whole.taken]).toEqual([0, 4, 4]);
});
