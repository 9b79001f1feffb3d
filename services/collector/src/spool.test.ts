import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedLog, type ProduceRecord } from '@cartledger/event-log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSpool, type Spool } from './spool.ts';
import { failure, memorySpool, silent } from './testing/memory-spool.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-spool-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
let clock = 1_700_000_000_000;
const onDisk = (maxFileBytes?: number): Promise<Spool> =>
  openSpool(
    createEmbeddedLog({
      dir,
      now: () => clock,
      retention: { checkIntervalMs: 5 },
      ...(maxFileBytes !== undefined && { maxFileBytes }),
    }),
    { logger: silent },
  );

const records = (...names: string[]): ProduceRecord[] =>
  names.map((name) => ({ key: `key-${name}`, value: Buffer.from(name), headers: { at: '7' } }));

const takeAll = async (spool: Spool): Promise<string[]> => {
  const taken: string[] = [];
  for (let slice = await spool.head(); slice; slice = await spool.head()) {
    taken.push(...slice.records.map(({ value }) => String(value)));
    await spool.drop(slice);
  }
  return taken;
};

test('records come out in the order in which they were put, with their keys and headers', async () => {
  await using spool = await onDisk();
  await Promise.all([spool.put(records('a', 'b')), spool.put(records('c')), spool.put(records('d'))]);
  expect(spool.events).toBe(4);
  expect((await spool.head())?.records[0]).toEqual({
    key: Buffer.from('key-a'),
    value: Buffer.from('a'),
    headers: { at: Buffer.from('7') },
  });
  expect(await takeAll(spool)).toEqual(['a', 'b', 'c', 'd']);
  expect(spool.isEmpty).toBe(true);
});

test('what was not dropped is there when the spool is opened again, a month later too', async () => {
  const first = await onDisk();
  await first.put(records('a'));
  const slice = await first.head();
  await first.put(records('b', 'c'));
  if (slice) await first.drop(slice);
  await first.stop();
  clock += 31 * DAY_MS;

  await using again = await onDisk();
  await again.put(records('d'));
  expect(again.events).toBe(3);
  expect(await takeAll(again)).toEqual(['b', 'c', 'd']);
});

test('a slice is about a request to the log, however much there is', async () => {
  await using spool = await onDisk();
  await spool.put(Array.from({ length: 100 }, () => ({ key: 'k', value: Buffer.alloc(50_000) })));
  await spool.put(Array.from({ length: 3_000 }, () => ({ key: 'k', value: Buffer.alloc(1) })));
  const sizes: number[] = [];
  for (let slice = await spool.head(); slice; slice = await spool.head()) {
    sizes.push(slice.records.length);
    await spool.drop(slice);
  }
  expect(sizes.slice(0, 2)).toEqual([16, 16]);
  expect(Math.max(...sizes)).toBe(2_000);
  expect(sizes.reduce((a, b) => a + b)).toBe(3_100);
});

test('a spool that has no room says so, keeps what it has, and has room again when something was dropped', async () => {
  await using spool = await onDisk(1_000_000);
  let kept = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      await spool.put([{ key: 'k', value: Buffer.alloc(50_000) }]);
      kept += 1;
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: 'full' });
  expect(kept).toBeGreaterThan(5);
  expect(spool.events).toBe(kept);
  const slice = await spool.head();
  if (slice) await spool.drop(slice);
  await spool.put(records('after'));
  expect((await takeAll(spool)).at(-1)).toBe('after');
});

test('its size says how many events wait, their bytes and since when', async () => {
  await using spool = await onDisk();
  expect(await spool.size()).toEqual({ events: 0, bytes: 0, oldestAt: null });
  const put = clock;
  await spool.put([{ key: 'k', value: Buffer.alloc(10) }]);
  clock += 5_000;
  await spool.put([{ key: 'k', value: Buffer.alloc(20) }]);
  expect(await spool.size()).toEqual({ events: 2, bytes: 32, oldestAt: put });
});

test('a removal that fails sends nothing twice; the next one makes up for it', async () => {
  const { spool, log, before } = await memorySpool();
  await spool.put(records('a'));
  before.deleteRecords = () => Promise.reject(failure('unavailable'));
  expect(await takeAll(spool)).toEqual(['a']);
  expect(spool.isEmpty).toBe(true);
  delete before.deleteRecords;
  await spool.put(records('b'));
  expect(await takeAll(spool)).toEqual(['b']);
  expect(await log.offsets('spool')).toEqual([{ partition: 0, earliest: 2n, end: 2n }]);
});

test('what a call wrote before it failed is counted', async () => {
  const { spool } = await memorySpool({ maxRecords: 2 });
  await expect(spool.put(records('a', 'b', 'c'))).rejects.toMatchObject({ code: 'full' });
  expect(spool.events).toBe(2);
  expect(await takeAll(spool)).toEqual(['a', 'b']);
});

test('it is not empty while something is being put', async () => {
  const { spool, before } = await memorySpool();
  const disk = Promise.withResolvers<void>();
  before.produce = () => disk.promise;
  const putting = spool.put(records('a'));
  expect(spool.isEmpty).toBe(false);
  disk.resolve();
  await Promise.all([putting, spool.settled()]);
  expect(spool.events).toBe(1);
});
