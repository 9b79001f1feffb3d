import { describe, expect, test } from 'vitest';
import { createKeyCache } from './key-cache.ts';
import type { KeyInfo } from './port.ts';

const info: KeyInfo = {
  key_id: 'k',
  store_id: 'shop',
  scope: 'events:write',
  created_at: 0,
  revoked_at: null,
  events_per_second: null,
  burst_events: null,
};

const setUp = (maxKeys?: number) => {
  let clock = 0;
  let answer: () => Promise<KeyInfo | null> = () => Promise.resolve(info);
  let calls = 0;
  const cache = createKeyCache(
    {
      verify: () => {
        calls++;
        return answer();
      },
    },
    { now: () => clock, ...(maxKeys === undefined ? {} : { maxKeys }) },
  );
  return {
    cache,
    calls: () => calls,
    pass: (ms: number) => {
      clock += ms;
    },
    answers: (next: () => Promise<KeyInfo | null>) => {
      answer = next;
    },
  };
};

describe('key cache', () => {
  test('a good key is asked for once in its time, and at once by many only once', async () => {
    const { cache, calls, pass } = setUp();
    expect(await Promise.all([cache.verify('a'), cache.verify('a')])).toEqual([info, info]);
    pass(2_999);
    await cache.verify('a');
    expect(calls()).toBe(1);
    pass(1);
    await cache.verify('a');
    expect(calls()).toBe(2);
  });

  test('a revocation is seen within three seconds', async () => {
    const { cache, pass, answers } = setUp();
    await cache.verify('a');
    answers(() => Promise.resolve(null));
    pass(3_000);
    expect(await cache.verify('a')).toBeNull();
  });

  test('a key that is none is asked for once in ten seconds', async () => {
    const { cache, calls, pass, answers } = setUp();
    answers(() => Promise.resolve(null));
    expect(await cache.verify('made-up')).toBeNull();
    pass(9_999);
    expect(await cache.verify('made-up')).toBeNull();
    expect(calls()).toBe(1);
    pass(1);
    expect(await cache.verify('made-up')).toBeNull();
    expect(calls()).toBe(2);
  });

  test('made-up keys push no good one out, and no more of them are remembered than good ones', async () => {
    const { cache, calls, answers } = setUp(2);
    await cache.verify('good');
    answers(() => Promise.resolve(null));
    for (let i = 0; i < 50; i++) await cache.verify(`made-up-${i}`);
    expect(await cache.verify('good')).toEqual(info);
    expect(calls()).toBe(51);
    await cache.verify('made-up-0');
    expect(calls()).toBe(52);
  });

  test('a flood of keys asks no more at once than allowed; a key good a minute ago goes on being good', async () => {
    const { cache, calls, pass, answers } = setUp();
    await cache.verify('good');
    pass(3_000);
    const store = Promise.withResolvers<null>();
    answers(() => store.promise);
    const flood = Array.from({ length: 40 }, (_, i) => cache.verify(`made-up-${i}`).catch(String));
    expect(await cache.verify('good')).toEqual(info);
    store.resolve(null);
    const refusals = await Promise.all(flood);
    expect(refusals.filter((answer) => answer === null)).toHaveLength(32);
    expect(refusals.filter((answer) => String(answer).includes('too many keys'))).toHaveLength(8);
    expect(calls()).toBe(33);
  });

  test('while the store fails a key good a minute ago still is; a revoked or unknown one is not', async () => {
    const { cache, pass, answers } = setUp();
    await cache.verify('a');
    answers(() => Promise.reject(new Error('no connection')));
    pass(59_999);
    expect(await cache.verify('a')).toEqual(info);
    await expect(cache.verify('b')).rejects.toThrow('no connection');
    pass(1);
    await expect(cache.verify('a')).rejects.toThrow('no connection');
  });

  test('no more than the given number of keys is remembered', async () => {
    const { cache, calls } = setUp(2);
    for (const key of ['a', 'b', 'c', 'b', 'c']) await cache.verify(key);
    expect(calls()).toBe(3);
    await cache.verify('a');
    expect(calls()).toBe(4);
  });
});
