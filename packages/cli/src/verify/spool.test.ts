import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createSpool } from './spool.ts';

const line = (visitor_id: string, n: number, text = '') =>
  `{"event_id":"e${n}","payload_hash":1844674407370955161${n % 10},"visitor_id":"${visitor_id}","received_at":${n},"properties":{"x":${JSON.stringify(text)}}}\n`;
const nothing = () => 0;

test('lines come back whole and run by run, wherever the chunks were cut, with hashes beyond 2^53', () => {
  const text = ['a', 'a', 'b', 'ö', 'ö', 'ö', 'a'].map((visitor, n) => line(visitor, n, '"payload_hash":7 €')).join('');
  const bytes = new TextEncoder().encode(text);
  for (const step of [1, 7, 50, bytes.length]) {
    using spool = createSpool();
    const visitors: string[] = [];
    for (let i = 0; i < bytes.length; i += step)
      spool.take(bytes.subarray(i, i + step), ({ delivery }) => visitors.push(delivery.visitor_id));
    spool.end();
    expect(spool.events).toBe(7);
    expect(spool.runs.count).toBe(4);
    expect([0, 1, 2, 3].map((run) => spool.runs.events(run))).toEqual([2, 1, 3, 1]);
    expect([0, 1, 2, 3].map((run) => spool.runs.node(run))).toEqual([1, 3, 4, 7]);
    const read = (runs: number[]) => [...spool.read(runs)].map(({ delivery }) => delivery);
    expect(read([0, 1]).map((d) => d.event_id)).toEqual(['e0', 'e1', 'e2']);
    expect(read([1, 3]).map((d) => d.event_id)).toEqual(['e2', 'e6']);
    expect(read([3])[0]?.payload_hash).toBe(18_446_744_073_709_551_616n);
    expect(read([])).toEqual([]);
  }
});

test('runs longer than a block are read whole', () => {
  using spool = createSpool();
  const long = 'x'.repeat(3_000);
  for (let n = 0; n < 1_500; n++) spool.take(new TextEncoder().encode(line('v', n, long)), nothing);
  expect([...spool.read([0])].map(({ delivery }) => delivery.event_id)).toEqual(
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
