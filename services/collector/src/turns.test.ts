import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('no more than so many run at once, the others in the order in which they came, also after a failure', async () => {
  const take = createTurns(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const results = ends.map(({ promise }, n) =>
    take(async () => {
      begun.push(n);
      await promise;
      return n;
    }).catch(String),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.reject(new Error('failed'));
  expect(await results[1]).toBe('Error: failed');
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  expect(await Promise.all(results)).toEqual([0, 'Error: failed', 2, 3]);
});
