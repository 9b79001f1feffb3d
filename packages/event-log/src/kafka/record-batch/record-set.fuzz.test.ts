import { expect, test } from 'vitest';
import { EventLogError, type LogRecord } from '../../port.ts';
import { type BatchRecord, encodeBatch } from '../testing/kafkajs-batches.ts';
import { readRecordSet } from './record-set.ts';

const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** mulberry32: numbers of [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function generate(random: () => number) {
  const upTo = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(values: readonly T[]): T => values[upTo(values.length)] as T;
  const bytes = () =>
    Buffer.from(Array.from({ length: oneOf([0, 1, 63, 64, 200, random() < 0.02 ? 9_000 : 5]) }, () => upTo(256)));
  const part = () => (random() < 0.1 ? null : bytes());
  let delta = -1;
  const record = (): BatchRecord => {
    delta += random() < 0.2 ? 1 + upTo(300) : 1;
    return {
      delta,
      timestamp: oneOf([0, 1, 1_700_000_000_000, 1_700_000_000_000 + upTo(100_000), 2 ** 45, -upTo(2 ** 40)]),
      key: part(),
      value: part(),
      headers: Object.fromEntries(
        Array.from({ length: upTo(4) }, (_, i) => [`h${i}-${'ü'.repeat(upTo(80))}`, bytes()]),
      ),
    };
  };
  const records = Array.from({ length: 1 + upTo(12) }, record);
  return { baseOffset: BigInt(upTo(2 ** 40)), records, lastDelta: delta + upTo(3) };
}

const toBuffer = (value: Buffer | string | null | undefined) => (value === null ? null : Buffer.from(value ?? ''));

const expected = (baseOffset: bigint, { delta, timestamp, key, value, headers }: BatchRecord) => ({
  partition: 0,
  offset: baseOffset + BigInt(delta ?? 0),
  timestamp,
  key: toBuffer(key),
  value: toBuffer(value),
  headers,
});

const readAll = (bytes: Buffer, verifyChecksums = false): LogRecord[] =>
  [...readRecordSet({ partition: 0, bytes, aborted: [] }, 0n, { verifyChecksums })].flatMap(({ records }) => [
    ...records,
  ]);

test.each(Object.entries(CODECS))("what kafkajs's encoder writes is read as it was, codec %s", async (_, codec) => {
  const random = seeded(codec + 1);
  for (let round = 0; round < 100; round++) {
    const batch = generate(random);
    const bytes = await encodeBatch({ ...batch, codec });
    expect(readAll(bytes, true)).toEqual(batch.records.map((record) => expected(batch.baseOffset, record)));
  }
});

test.each(Object.entries(CODECS))('a batch that is damaged is read or refused, codec %s', async (_, codec) => {
  const random = seeded(100 + codec);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = await encodeBatch({ ...generate(random), codec });
    for (let hits = 1 + Math.floor(random() * 3); hits > 0; hits--) {
      const within = random() < 0.5 ? Math.min(bytes.length, 100) : bytes.length;
      bytes[Math.floor(random() * within)] = Math.floor(random() * 256);
    }
    const damaged = random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
    try {
      for (const { key, value, headers } of readAll(damaged)) {
        expect([key, value, ...Object.values(headers)].every((part) => part === null || part.length >= 0)).toBe(true);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(EventLogError);
      expect(String(error)).toContain('cannot be read');
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(50);
});
