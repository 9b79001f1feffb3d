import type { Tombstone } from '@cartledger/control';
import { createHasher } from '@cartledger/events';
import { expect, test } from 'vitest';
import { createErased } from './erased.ts';
import { subjectOf } from './subject.ts';

const hasher = await createHasher();

const setUp = () => {
  const tombstones: Tombstone[] = [];
  let time = 1_000_000;
  let reads = 0;
  const erased = createErased({
    erasures: {
      tombstones: async (after) => {
        reads += 1;
        return tombstones.filter(({ number }) => number > after);
      },
    },
    now: () => time,
  });
  const bury = (kind: 'visitor' | 'customer', hash: bigint, up_to: number, store_id = 's') =>
    tombstones.push({ number: tombstones.length + 1, store_id, kind, hash, up_to });
  return {
    erased,
    bury,
    wait: (ms: number) => {
      time += ms;
    },
    reads: () => reads,
  };
};

test('what happened up to the erasure is erased, of that store and that subject only', async () => {
  const { erased, bury } = setUp();
  expect(erased.isEmpty).toBe(true);
  bury('visitor', 7n, 500);
  bury('customer', 8n, 600);
  await erased.freshWithin(0);
  const of = { store_id: 's', visitor: null, customer: null, at: 500 };
  expect(erased.has({ ...of, visitor: 7n })).toBe(true);
  expect(erased.has({ ...of, visitor: 7n, at: 501 })).toBe(false);
  expect(erased.has({ ...of, visitor: 7n, store_id: 'other' })).toBe(false);
  expect(erased.has({ ...of, visitor: 8n })).toBe(false);
  expect(erased.has({ ...of, visitor: 9n, customer: 8n, at: 600 })).toBe(true);
  expect(erased.has(of)).toBe(false);
});

test('erased twice, the later time counts', async () => {
  const { erased, bury } = setUp();
  bury('visitor', 7n, 500);
  bury('visitor', 7n, 400);
  await erased.freshWithin(0);
  expect(erased.has({ store_id: 's', visitor: 7n, customer: null, at: 450 })).toBe(true);
});

test('tombstones are read when what is known is older than it may be, together and once; who listens is told of news', async () => {
  const { erased, bury, wait, reads } = setUp();
  await Promise.all([erased.freshWithin(5_000), erased.freshWithin(5_000)]);
  expect(reads()).toBe(1);
  wait(5_000);
  await erased.freshWithin(5_000);
  expect(reads()).toBe(1);
  let told = 0;
  const end = erased.onAdded(() => {
    told += 1;
  });
  bury('visitor', 7n, 500);
  wait(1);
  await erased.freshWithin(5_000);
  expect([reads(), told]).toEqual([2, 1]);
  await erased.freshWithin(0);
  wait(10_000);
  await erased.freshWithin(0);
  expect(told).toBe(1);
  end();
});

const record = (value: unknown, key: string | null = null) => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

test('a record tells whom it is of by its bytes, else by its key, and when it happened as an event does', () => {
  const event = { store_id: 's', visitor_id: 'v', customer_id: 'c', occurred_at: 1_700_000_000_000 };
  const subject = { store_id: 's', visitor: hasher.visitorNode('v'), customer: hasher.customerHash('c') };
  const received = 1_700_000_100_000;
  expect(subjectOf(record(event), received, hasher)).toEqual({ ...subject, at: 1_700_000_000_000 });
  // It cannot have happened after it was received.
  expect(subjectOf(record(event), 1_600_000_000_000, hasher)).toEqual({ ...subject, at: 1_600_000_000_000 });
  expect(subjectOf(record('{"bad', 's:v'), received, hasher)).toEqual({ ...subject, customer: null, at: received });
  expect(subjectOf(record({ ...event, visitor_id: 7 }, 's:v:1'), received, hasher)).toMatchObject({
    visitor: hasher.visitorNode('v:1'),
  });
  expect(subjectOf(record('[]'), received, hasher)).toEqual({
    store_id: '',
    visitor: null,
    customer: null,
    at: received,
  });
  expect(subjectOf({ key: null, value: null }, received, hasher)).toMatchObject({ visitor: null });
});
