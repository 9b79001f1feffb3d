import { ClickHouseError } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { forEachStore, type Troubles } from './attempt.ts';
import { AggregatorError } from './errors.ts';

const BAD = new RangeError('cannot be computed');
const DOWN = new ClickHouseError('unavailable', 'down', { retriable: true });

/** Work that fails for some stores; answers what was asked for. */
const working = (failing: Record<string, Error>) => {
  const asked: string[] = [];
  const work = async (stores: readonly string[]): Promise<void> => {
    asked.push(stores.join('+'));
    for (const store of stores) if (failing[store]) throw failing[store];
  };
  return { asked, work };
};

test('stores that can be computed together are', async () => {
  const troubles: Troubles = new Map();
  const { asked, work } = working({});
  await forEachStore(['a', 'b'], troubles, work);
  expect(asked).toEqual(['a+b']);
  expect(troubles.size).toBe(0);
});

test('one store that fails is named, the others are done by themselves', async () => {
  const troubles: Troubles = new Map();
  const { asked, work } = working({ b: BAD });
  await forEachStore(['a', 'b', 'c'], troubles, work);
  expect(asked).toEqual(['a+b+c', 'a', 'b', 'c']);
  expect([...troubles]).toEqual([['b', BAD]]);
});

test('a store alone is held for what is wrong with it, not for what passes', async () => {
  const troubles: Troubles = new Map();
  await forEachStore(['a'], troubles, working({ a: BAD }).work);
  expect([...troubles.keys()]).toEqual(['a']);
  await expect(forEachStore(['a'], troubles, working({ a: DOWN }).work)).rejects.toBe(DOWN);
});

test('where others have got through, what passes is held against the store too', async () => {
  const troubles: Troubles = new Map();
  await forEachStore(['a'], troubles, working({ a: DOWN }).work, { blameAnyway: true });
  expect([...troubles.keys()]).toEqual(['a']);
});

test('a store whose component is too much for the server is held when others get through', async () => {
  const troubles: Troubles = new Map();
  await forEachStore(['a', 'b'], troubles, working({ b: DOWN }).work);
  expect([...troubles.keys()]).toEqual(['b']);
  await expect(forEachStore(['a', 'b'], new Map(), working({ a: DOWN, b: DOWN }).work)).rejects.toBe(DOWN);
});

test.each([new AggregatorError('lease_lost', 'lost'), new ClickHouseError('condition_failed', 'fenced')])(
  'what forbids all writing is held against no store: %s',
  async (error) => {
    const troubles: Troubles = new Map();
    const { asked, work } = working({ a: error });
    await expect(forEachStore(['a', 'b'], troubles, work)).rejects.toBe(error);
    expect(asked).toEqual(['a+b']);
    expect(troubles.size).toBe(0);
  },
);
