import { expect, test } from 'vitest';
import { until } from './until.ts';

test('the first answer ends the waiting', async () => {
  let asked = 0;
  expect(await until(() => (++asked === 3 ? 'there' : undefined), { timeoutMs: 10_000, everyMs: 1 })).toBe('there');
  expect(asked).toBe(3);
});

test('without an answer the waiting ends in time', async () => {
  expect(await until(() => undefined, { timeoutMs: 10, everyMs: 1 })).toBeUndefined();
});

test('what the probe throws is thrown', async () => {
  const broken = () => {
    throw new Error('broken');
  };
  await expect(until(broken, { timeoutMs: 10_000 })).rejects.toThrow('broken');
});
