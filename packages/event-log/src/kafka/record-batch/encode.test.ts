import { expect, test } from 'vitest';
import { encodeBatch } from '../testing/kafkajs-batches.ts';
import { batchOf, type RecordToWrite } from './encode.ts';
import { AT } from './layout.ts';
import { readRecordSet } from './record-set.ts';

const NOW = 1_700_000_000_000;
const records: RecordToWrite[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), headers: [], timestamp: NOW },
  { key: Buffer.alloc(0), value: null, headers: [[Buffer.from('n'), Buffer.from('1')]], timestamp: 1 },
  { key: Buffer.alloc(300, 1), value: Buffer.alloc(70_000, 2), headers: [], timestamp: NOW + 2 ** 33 },
  ...Array.from({ length: 200 }, (_, i) => ({
    key: Buffer.from(`key ${i}`),
    value: Buffer.alloc(i),
    headers: [[Buffer.from('ü'.repeat(i)), Buffer.alloc(i)] as const],
    timestamp: NOW - i ** 4,
  })),
];

function written(given: readonly RecordToWrite[]): Buffer {
  const batch = batchOf(given);
  const target = Buffer.alloc(batch.size + 20, 0xaa);
  batch.write(target, 10);
  expect(target.subarray(0, 10).every((byte) => byte === 0xaa)).toBe(true);
  expect(target.subarray(batch.size + 10).every((byte) => byte === 0xaa)).toBe(true);
  return target.subarray(10, batch.size + 10);
}

// What an idempotent producer does here is in test/integration/kafka-idempotent-producer.test.ts: kafkajs's reuses the sequence
// of a send that finally failed, and the broker then acknowledges the next records as a repeat, which are never written.
test('a batch is of no producer: id, epoch and sequence are -1, so that no broker takes it for a repeat of another', () => {
  for (const given of [records, records.slice(0, 1)]) {
    const batch = written(given);
    expect(batch.readBigInt64BE(AT.producerId)).toBe(-1n);
    expect(batch.readInt16BE(AT.producerEpoch)).toBe(-1);
    expect(batch.readInt32BE(AT.baseSequence)).toBe(-1);
  }
});

test('what is written is read back as it was, with a right checksum', () => {
  const set = { partition: 0, bytes: written(records), aborted: [] };
  const [run] = readRecordSet(set, 0n, { verifyChecksums: true });
  expect([...(run?.records ?? [])]).toEqual(
    records.map(({ key, value, headers, timestamp }, index) => ({
      partition: 0,
      offset: BigInt(index),
      timestamp,
      key,
      value,
      headers: Object.fromEntries(headers.map(([name, content]) => [String(name), content])),
    })),
  );
  expect(run?.next).toBe(BigInt(records.length));
});

test("the records are written byte for byte as kafkajs's encoder writes them", async () => {
  const theirs = await encodeBatch({
    baseOffset: 0n,
    baseTimestamp: NOW,
    records: records.map(({ key, value, headers, timestamp }) => ({
      key,
      value,
      timestamp,
      headers: Object.fromEntries(headers.map(([name, content]) => [String(name), content])),
    })),
  });
  expect(written(records).subarray(AT.count).equals(theirs.subarray(AT.count))).toBe(true);
});

test('the batch says the newest time of its records', () => {
  expect(written(records).readBigInt64BE(AT.maxTimestamp)).toBe(BigInt(NOW + 2 ** 33));
});
