import { expect, test } from 'vitest';
import type { LogRecord } from '../../port.ts';
import { type Batch, encodeSet, marker } from '../testing/kafkajs-batches.ts';
import { batchesOf } from './header.ts';
import { AT } from './layout.ts';
import { readRecordSet } from './record-set.ts';
import type { AbortedTransaction } from './transactions.ts';

const read = (bytes: Buffer, position: bigint, aborted: AbortedTransaction[] = []) => {
  const runs = [...readRecordSet({ partition: 3, bytes, aborted }, position, { verifyChecksums: true })];
  return { records: runs.flatMap((run): LogRecord[] => [...run.records]), next: runs.at(-1)?.next, runs };
};

const offsets = async (batches: Batch[], position: bigint, aborted: AbortedTransaction[] = []) => {
  const { records, next } = read(await encodeSet(...batches), position, aborted);
  return { read: records.map(({ offset }) => Number(offset)), next: Number(next) };
};

const batch = (baseOffset: bigint, fields: Partial<Batch> = {}): Batch => ({
  baseOffset,
  records: [{ key: 'k', value: 'v' }],
  ...fields,
});
const transactional = (baseOffset: bigint, producerId: bigint) =>
  batch(baseOffset, { producerId, transactional: true });

test('key, value, headers and time are read as they were written, null and empty ones too', async () => {
  const bytes = await encodeSet({
    baseOffset: 7n,
    baseTimestamp: 1_700_000_000_000,
    records: [
      { key: 'k', value: Buffer.from([0, 255]), headers: { a: 'x', twice: ['1', '2'] }, timestamp: 1_700_000_000_005 },
      { key: null, value: null, timestamp: 1 },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: { ['__proto__']: 'p' }, timestamp: 1_999_999_999_999 },
    ],
  });
  const { records, runs } = read(bytes, 0n);
  expect(records).toEqual([
    {
      partition: 3,
      offset: 7n,
      timestamp: 1_700_000_000_005,
      key: Buffer.from('k'),
      value: Buffer.from([0, 255]),
      headers: { a: Buffer.from('x'), twice: Buffer.from('2') },
    },
    { partition: 3, offset: 8n, timestamp: 1, key: null, value: null, headers: {} },
    {
      partition: 3,
      offset: 9n,
      timestamp: 1_999_999_999_999,
      key: Buffer.alloc(0),
      value: Buffer.alloc(0),
      headers: Object.fromEntries([['__proto__', Buffer.from('p')]]),
    },
  ]);
  expect(runs[0]?.records.headerAt(0, 'twice')).toEqual(Buffer.from('2'));
});

test('a time set by the log is that of every record', async () => {
  const records = [{ value: '1', timestamp: 5 }, { value: '2' }];
  const bytes = await encodeSet(batch(0n, { records, logAppendTime: true, maxTimestamp: 1_800_000_000_000 }));
  expect(read(bytes, 0n).records.map(({ timestamp }) => timestamp)).toEqual([1_800_000_000_000, 1_800_000_000_000]);
});

test('what a batch holds below the position is not read again', async () => {
  const three = { records: [{}, {}, {}] };
  expect(await offsets([batch(2n, three), batch(5n, three)], 6n)).toEqual({ read: [6, 7], next: 8 });
});

test('gaps left by compaction are passed, also at both ends of a batch', async () => {
  const gaps = batch(8n, { records: [{ delta: 2 }, { delta: 5 }], lastDelta: 7 });
  expect(await offsets([gaps, batch(20n)], 8n)).toEqual({ read: [10, 13, 20], next: 21 });
});

test('a batch emptied by compaction is passed', async () => {
  expect(await offsets([batch(8n, { records: [], lastDelta: 4 })], 8n)).toEqual({ read: [], next: 13 });
});

test('an answer without records leaves the position where it is', async () => {
  expect(await offsets([], 8n)).toEqual({ read: [], next: 8 });
});

test('a batch cut off by the limit of the answer is left for the next', async () => {
  const bytes = await encodeSet(batch(0n), batch(1n));
  for (let cut = bytes.length / 2; cut < bytes.length; cut++) {
    const { records, next } = read(bytes.subarray(0, cut), 0n);
    expect([records.length, next]).toEqual([1, 1n]);
  }
});

test('uncompressed batches are one run; each compressed one is its own, and is not unpacked before it is asked for', async () => {
  const bytes = await encodeSet(batch(0n), batch(1n), batch(2n, { codec: 1 }), batch(3n, { codec: 4 }), batch(4n));
  const { runs } = read(bytes, 0n);
  expect(runs.map(({ records, next }) => [records.length, next])).toEqual([
    [2, 2n],
    [1, 3n],
    [1, 4n],
    [1, 5n],
  ]);
  const broken = await encodeSet(batch(0n), batch(1n, { codec: 1 }));
  broken.fill(0xff, broken.length - 20);
  const given = readRecordSet({ partition: 0, bytes: broken, aborted: [] }, 0n);
  expect(given.next().value?.records).toHaveLength(1);
  expect(() => given.next()).toThrow(/offsets 1 to 1/);
});

test('control records are never read but passed', async () => {
  expect(await offsets([marker(4n, 1n, 'commit')], 4n)).toEqual({ read: [], next: 5 });
});

test('of transactions that run side by side only the aborted ones are left out', async () => {
  const aborts = 11n;
  const commits = 12n;
  const batches = [
    transactional(0n, aborts),
    transactional(1n, commits),
    batch(2n),
    transactional(3n, aborts),
    marker(4n, aborts, 'abort'),
    marker(5n, commits, 'commit'),
    transactional(6n, aborts),
    marker(7n, aborts, 'commit'),
  ];
  const transactions = [{ producerId: aborts, firstOffset: 0n }];
  expect(await offsets(batches, 0n, transactions)).toEqual({ read: [1, 2, 6], next: 8 });
});

test('two aborted transactions of one producer in one answer are both left out, and what stands between is read', async () => {
  const producer = 5n;
  const batches = [
    transactional(0n, producer),
    marker(1n, producer, 'abort'),
    transactional(2n, producer),
    marker(3n, producer, 'commit'),
    transactional(4n, producer),
    marker(5n, producer, 'abort'),
  ];
  const transactions = [4n, 0n].map((firstOffset) => ({ producerId: producer, firstOffset }));
  expect(await offsets(batches, 0n, transactions)).toEqual({ read: [2], next: 6 });
});

test('a transaction aborted that began before what was fetched is left out', async () => {
  const batches = [transactional(20n, 1n), marker(21n, 1n, 'abort')];
  expect(await offsets(batches, 20n, [{ producerId: 1n, firstOffset: 3n }])).toEqual({ read: [], next: 22 });
});

test('an abort marker that lies below the position counts', async () => {
  const batches = [transactional(0n, 1n), marker(1n, 1n, 'abort'), transactional(2n, 1n)];
  expect(await offsets(batches, 2n, [{ producerId: 1n, firstOffset: 0n }])).toEqual({ read: [2], next: 3 });
});

test('a record whose key looks like an abort marker does not end the abort', async () => {
  const like = { producerId: 1n, transactional: true, records: [{ key: Buffer.from([0, 0, 0, 0]) }] };
  const batches = [batch(0n, like), transactional(1n, 1n)];
  expect(await offsets(batches, 0n, [{ producerId: 1n, firstOffset: 0n }])).toEqual({ read: [], next: 2 });
});

test('offsets further apart than 32 bits count do not run over', async () => {
  const far = 5_000_000_000n;
  expect(await offsets([batch(1n), batch(far)], 0n)).toEqual({ read: [1, Number(far)], next: Number(far) + 1 });
});

test('a message format of before Kafka 0.11 is refused by its name', async () => {
  const bytes = await encodeSet(batch(0n));
  bytes.writeInt8(1, AT.magic);
  expect(() => read(bytes, 0n)).toThrow(/partition 3 at offsets 0 to 0 cannot be read: message format 1/);
});

test('of several batches those before the broken one are read, and it is named by its own range', async () => {
  const three = [{ key: 'k' }, { key: 'k', delta: 1 }, { key: 'k', delta: 2 }];
  const bytes = await encodeSet(batch(0n), batch(5n), batch(10n, { records: three }), batch(20n));
  const [first, second, third] = [...batchesOf(bytes)];
  bytes[(third?.start ?? 0) + AT.records] = 0x7e;
  const given: bigint[] = [];
  const readOn = () => {
    for (const { records, next } of readRecordSet({ partition: 3, bytes, aborted: [] }, 0n)) {
      given.push(...Array.from(records, ({ offset }) => offset), next);
    }
  };
  expect(readOn).toThrow(/partition 3 at offsets 10 to 12 cannot be read/);
  expect(given).toEqual([0n, 1n, 5n, 6n]);

  given.length = 0;
  bytes.writeInt8(1, (second?.start ?? 0) + AT.magic); // what has no header of ours is known by its beginning alone
  expect(readOn).toThrow(/partition 3 at offsets 1 to 1 cannot be read: message format 1/);
  expect(given).toEqual([0n, (first?.lastOffset ?? 0n) + 1n]);
});

test('a checksum that is not right is refused when checksums are asked for', async () => {
  const bytes = await encodeSet(batch(0n));
  bytes[bytes.length - 2] = 0x7f; // of the value
  expect(() => read(bytes, 0n)).toThrow(/checksum/);
  expect([...readRecordSet({ partition: 0, bytes, aborted: [] }, 0n)]).toHaveLength(1);
});

test('records keep no more than twice their set in memory, however large the answer that it came in', async () => {
  const value = 'v'.repeat(50_000);
  const set = await encodeSet(batch(0n, { records: [{ key: 'k', value }] }));
  const keptOf = (others: number): number => {
    const answer = Buffer.concat([Buffer.alloc(others), set]);
    const { runs } = read(answer.subarray(others), 0n);
    expect(String(runs[0]?.records.at(0).value)).toBe(value);
    return runs[0]?.records.bytes.buffer.byteLength ?? 0;
  };
  expect(keptOf(10_000_000)).toBe(set.length);
  expect(keptOf(10_000)).toBe(set.length + 10_000);
});

test('all runs of a set are views of one copy of it', async () => {
  const sets = [await encodeSet(batch(0n)), await encodeSet(batch(2n ** 32n))];
  const answer = Buffer.concat([Buffer.alloc(10_000_000), ...sets]);
  const { runs } = read(answer.subarray(10_000_000), 0n);
  expect(runs).toHaveLength(2);
  const [first, second] = runs.map(({ records }) => records.bytes.buffer);
  expect(first).toBe(second);
  expect(first?.byteLength).toBeLessThan(100_000);
});
