import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createSpool } from './spool.ts';

const line = (visitor_id: string, n: number, text = '') =>
  `{"event_id":"e${n}","payload_hash":1844674407370955161${n % 10},"visitor_id":"${visitor_id}","received_at":${n},"properties":{"x":${JSON.stringify(text)}}}\n`;
const nothing = () => {};

test('lines come back whole from any line to any other, wherever the chunks were cut, with hashes beyond 2^53', () => {
  const text = ['a', 'a', 'b', 'ö', 'ö'].map((visitor, n) => line(visitor, n, '"payload_hash":7 €')).join('');
  const bytes = new TextEncoder().encode(text);
  for (const step of [1, 7, 50, bytes.length]) {
    using spool = createSpool();
    const places: number[] = [];
    for (let i = 0; i < bytes.length; i += step)
      spool.take(bytes.subarray(i, i + step), ({ start, end }) => places.push(start, end));
    spool.end();
    expect(spool).toMatchObject({ events: 5, bytes: bytes.length });
    expect([places[0], places.at(-1)]).toEqual([0, bytes.length]);
    const read = (first: number, last: number) =>
      [...spool.read(places[2 * first] ?? 0, places[2 * last + 1] ?? 0)].map(({ delivery }) => delivery);
    expect(read(0, 4).map((d) => d.event_id)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
    expect(read(1, 2).map((d) => d.event_id)).toEqual(['e1', 'e2']);
    expect(read(4, 4)).toMatchObject([{ visitor_id: 'ö', payload_hash: 18_446_744_073_709_551_614n }]);
    expect([...spool.read(0, 0)]).toEqual([]);
  }
});

test('more than a block is read whole', () => {
  using spool = createSpool();
  const long = 'x'.repeat(3_000);
  for (let n = 0; n < 1_500; n++) spool.take(new TextEncoder().encode(line('v', n, long)), nothing);
  expect([...spool.read(0, spool.bytes)].map(({ delivery }) => delivery.event_id)).toEqual(
    Array.from({ length: 1_500 }, (_, n) => `e${n}`),
  );
});

test('an export that breaks off within a line is told', () => {
  using spool = createSpool();
  spool.take(new TextEncoder().encode(line('v', 1).slice(0, 30)), nothing);
  expect(() => spool.end()).toThrow(/broke off/);
});

test('nothing has a name in the temporary directory while events are kept there', () => {
  const dir = mkdtempSync(join(tmpdir(), 'spool-'));
  vi.stubEnv('TMPDIR', dir);
  using spool = createSpool();
  vi.unstubAllEnvs();
  spool.take(new TextEncoder().encode(line('v', 1)), nothing);
  expect(readdirSync(dir)).toEqual([]);
  rmdirSync(dir);
});
