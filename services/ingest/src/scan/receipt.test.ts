import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readReceipt } from '../receipt.ts';
import { scanReceipt } from './receipt.ts';
import { NOW } from './testing/odd-values.ts';

const NAMES = ['cartledger-received-at', 'cartledger-junk-ids', 'cartledger-import', 'traceparent', ''];
const VALUES = ['', '0', '1', '2', '999', '1000', '-1', 'x', String(NOW), `0${NOW}`, String(NOW - 5), 'x'.repeat(70)];

/** A zigzag varint of a length below 8,192. */
const varint = (length: number): number[] =>
  length < 64 ? [length * 2] : [((length * 2) & 0x7f) | 0x80, (length * 2) >> 7];

const encode = (headers: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat([
    Buffer.from(varint(headers.length)),
    ...headers.flat().flatMap((part) => [Buffer.from(varint(part.length)), Buffer.from(part)]),
  ]);

test('what is read of headers, the same one given twice too, is what the plain way reads of them', () => {
  const header = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));
  let plain = 0;
  fc.assert(
    fc.property(fc.array(header, { maxLength: 4 }), (headers) => {
      const bytes = Buffer.concat([Buffer.from('..'), encode(headers), Buffer.from('..')]);
      const receipt = { received_at: NOW - 9, imported: true, junkIds: 7 };
      if (!scanReceipt(bytes, 2, bytes.length - 2, receipt)) return;
      plain += 1;
      const asObject = Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value)]));
      const record = { partition: 0, offset: 0n, timestamp: NOW - 9, key: null, value: null, headers: asObject };
      expect(receipt).toEqual(readReceipt(record, () => NOW));
    }),
    { seed: 20_261_123, numRuns: 5_000 },
  );
  expect(plain).toBeGreaterThan(500);
});
