import { expect, test } from 'vitest';
import { type FetchedPartition, readable } from './fetched.ts';

type Given = {
  offset: number;
  producerId?: string;
  control?: 'abort' | 'commit';
  batch?: [first: number, last: number];
};

function fetched(given: Given[], aborted: { producerId: string; firstOffset: string }[] = []): FetchedPartition {
  return {
    partition: 3,
    highWatermark: '100',
    lastStableOffset: '100',
    abortedTransactions: aborted,
    messages: given.map(({ offset, producerId, control, batch = [offset, offset] }) => ({
      offset: `${offset}`,
      timestamp: '1600000000000',
      key: control ? Buffer.from([0, 0, 0, control === 'commit' ? 1 : 0]) : Buffer.from('k'),
      value: Buffer.from(`${offset}`),
      isControlRecord: control !== undefined,
      batchContext: {
        firstOffset: `${batch[0]}`,
        lastOffsetDelta: batch[1] - batch[0],
        producerId: producerId ?? '-1',
        inTransaction: producerId !== undefined,
      },
    })),
  };
}

const offsets = (partition: FetchedPartition, position: bigint) => {
  const { records, next } = readable(partition, position);
  return { read: records.map(({ offset }) => Number(offset)), next: Number(next) };
};

test('what a batch holds below the position is not read again', () => {
  const batch: [number, number] = [5, 7];
  expect(offsets(fetched([5, 6, 7].map((offset) => ({ offset, batch }))), 6n)).toEqual({ read: [6, 7], next: 8 });
});

test('gaps left by compaction are passed, also at the end of a batch', () => {
  expect(offsets(fetched([{ offset: 10, batch: [8, 15] }]), 8n)).toEqual({ read: [10], next: 16 });
});

test('an answer without records leaves the position where it is', () => {
  expect(offsets(fetched([]), 8n)).toEqual({ read: [], next: 8 });
});

test('control records are never read but passed', () => {
  expect(offsets(fetched([{ offset: 4, producerId: 'p', control: 'commit' }]), 4n)).toEqual({ read: [], next: 5 });
});

test('of transactions that run side by side only the aborted ones are left out', () => {
  const given: Given[] = [
    { offset: 0, producerId: 'aborts' },
    { offset: 1, producerId: 'commits' },
    { offset: 2 },
    { offset: 3, producerId: 'aborts' },
    { offset: 4, producerId: 'aborts', control: 'abort' },
    { offset: 5, producerId: 'commits', control: 'commit' },
    { offset: 6, producerId: 'aborts' },
    { offset: 7, producerId: 'aborts', control: 'commit' },
  ];
  const aborted = [{ producerId: 'aborts', firstOffset: '0' }];
  expect(offsets(fetched(given, aborted), 0n)).toEqual({ read: [1, 2, 6], next: 8 });
});

test('a transaction aborted that began before what was fetched is left out', () => {
  const given: Given[] = [
    { offset: 20, producerId: 'p' },
    { offset: 21, producerId: 'p', control: 'abort' },
  ];
  const aborted = [{ producerId: 'p', firstOffset: '3' }];
  expect(offsets(fetched(given, aborted), 20n)).toEqual({ read: [], next: 22 });
});

test('a record whose key looks like an abort marker does not end the abort', () => {
  const partition = fetched([
    { offset: 0, producerId: 'p' },
    { offset: 1, producerId: 'p' },
  ]);
  const [first] = partition.messages;
  if (first) {
    first.key = Buffer.from([0, 0, 0, 0]);
  }
  partition.abortedTransactions = [{ producerId: 'p', firstOffset: '0' }];
  expect(offsets(partition, 0n).read).toEqual([]);
});
