import { expect, test } from 'vitest';
import { createQueue, createQueues } from './one-at-a-time.ts';
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

test('one key does not wait for another, as long as not too much goes on in all', async () => {
  const queues = createQueues({ atOnce: 2 });
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const ask = (key: string, name: string) => {
    const gate = Promise.withResolvers<void>();
    gates.set(name, gate);
    return queues(key, async () => {
      begun.push(name);
      await gate.promise;
    });
  };
  const all = [ask('a', 'a1'), ask('a', 'a2'), ask('b', 'b1'), ask('c', 'c1')];
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  expect(begun).toEqual(['a1', 'b1']);
  gates.get('b1')?.resolve();
  await turn();
  expect(begun).toEqual(['a1', 'b1', 'c1']);
  for (const gate of gates.values()) gate.resolve();
  await Promise.all(all);
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2']);
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
