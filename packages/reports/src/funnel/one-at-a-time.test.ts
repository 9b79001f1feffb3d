import { expect, test } from 'vitest';
import { createQueue } from './one-at-a-time.ts';
import { createRemembered } from './remembered.ts';

test('work is done one after the other, also after a failure', async () => {
  const queue = createQueue();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = queue(async () => {
    await gate.promise;
    seen.push('first');
    throw new Error('first');
  });
  const second = queue(async () => seen.push('second'));
  gate.resolve();
  await expect(first).rejects.toThrow('first');
  await second;
  expect(seen).toEqual(['first', 'second']);
});

test('what was given up while it waited is not begun', async () => {
  const queue = createQueue();
  const gate = Promise.withResolvers<void>();
  const given = new AbortController();
  let begun = false;
  const first = queue(() => gate.promise);
  const second = queue(async () => {
    begun = true;
  }, given.signal);
  given.abort(new Error('gone'));
  gate.resolve();
  await first;
  await expect(second).rejects.toThrow('gone');
  expect(begun).toBe(false);
});

test('an answer is remembered for a while, the oldest forgotten first', () => {
  let time = 0;
  const remembered = createRemembered<number>({ entries: 2, forMs: 10, now: () => time });
  remembered.set('a', 1);
  remembered.set('b', 2);
  expect(remembered.get('a')).toBe(1);
  remembered.set('c', 3);
  expect(remembered.get('b')).toBeUndefined();
  expect(remembered.get('a')).toBe(1);
  time = 10;
  expect(remembered.get('c')).toBeUndefined();
});
