import { expect, test } from 'vitest';
import { createPatience } from './patience.ts';

const setUp = () => {
  const clock = { now: 1_000_000 };
  return { clock, patience: createPatience({ leastMs: 8_000, mostMs: 60_000, now: () => clock.now }) };
};

test('it doubles with each call that timed out, up to the most', () => {
  const { patience } = setUp();
  const seen = Array.from({ length: 5 }, () => {
    const given = patience.ms();
    patience.timedOut(given);
    return given;
  });
  expect(seen).toEqual([8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('calls that time out side by side double it once', () => {
  const { patience } = setUp();
  for (let call = 0; call < 4; call += 1) patience.timedOut(8_000);
  expect(patience.ms()).toBe(16_000);
});

test('quick answers bring it down step by step, not below the least, and from there the first timeout counts', () => {
  const { clock, patience } = setUp();
  for (const given of [8_000, 16_000, 32_000, 60_000]) patience.timedOut(given);
  const seen = Array.from({ length: 5 }, () => {
    clock.now += 2 * patience.ms();
    patience.answered(patience.ms() / 4);
    return patience.ms();
  });
  expect(seen).toEqual([32_000, 16_000, 8_000, 8_000, 8_000]);
  patience.timedOut(8_000);
  expect(patience.ms()).toBe(16_000);
});

test('an answer that needed more than a quarter leaves it as it is', () => {
  const { clock, patience } = setUp();
  patience.timedOut(8_000);
  for (let call = 0; call < 20; call += 1) {
    clock.now += 10_000;
    patience.answered(9_000);
  }
  expect(patience.ms()).toBe(16_000);
});

test('one call that needs more than 32 s gets it, however many others are answered at once meanwhile', () => {
  const { clock, patience } = setUp();
  let given = 0;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    given = patience.ms();
    for (const end = clock.now + given; clock.now < end; clock.now += 100) patience.answered(50);
    patience.timedOut(given);
    // The longest wait between two attempts.
    for (const end = clock.now + 10_000; clock.now < end; clock.now += 100) patience.answered(50);
  }
  expect(given).toBe(60_000);
});
