import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProduceRecord } from '@cartledger/event-log';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { drainLeftSpools } from './left-spools.ts';
import { claimSpool, leftSpools } from './spool-directory.ts';
import { silent } from './testing/memory-spool.ts';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'cartledger-spools-')), 'spool');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const claim = () => claimSpool({ dir, maxBytes: 10_000_000 }, silent);
const record = (name: string): ProduceRecord => ({ key: 'k', value: Buffer.from(name) });

test('two collectors of one directory have a spool each, and a third takes what one of them has left', async () => {
  await using first = await claim();
  const second = await claim();
  await second.put([record('left')]);
  expect(first.events).toBe(0);
  await second.stop();
  await using third = await claim();
  expect(third.events).toBe(1);
  expect(readdirSync(dir).toSorted()).toEqual(['0', '1']);
});

test('what nobody has is drained into the log, and spools in use are left alone', async () => {
  await using own = await claim();
  await own.put([record('mine')]);
  const gone = await claim();
  await gone.put([record('a'), record('b')]);
  await gone.stop();

  const landed: string[] = [];
  await using _ = drainLeftSpools(
    {
      logger: silent,
      log: { produce: async (_, records) => void landed.push(...records.map(({ value }) => String(value))) },
    },
    { dir, maxBytes: 10_000_000, topic: 'events' },
  );
  await vi.waitFor(() => expect(landed).toEqual(['a', 'b']));
  await vi.waitFor(async () => {
    await using free = await claim();
    expect(free.isEmpty).toBe(true);
  });
  expect(own.events).toBe(1);
});

test('a directory that cannot be made ends the start with what to set', async () => {
  await expect(claimSpool({ dir: '/dev/null/spool', maxBytes: 10_000_000 }, silent)).rejects.toThrow(
    /set CARTLEDGER_COLLECTOR_SPOOL_DIR/,
  );
});

test('a spool that cannot be read ends the start, for it may hold accepted events', async () => {
  const spool = await claim();
  await spool.stop();
  writeFileSync(join(dir, '0', 'event-log.db'), 'no database, and long enough to be seen as none of its kind');
  await expect(claim()).rejects.toThrow(/move it aside and keep it/);
  await expect(leftSpools({ dir, maxBytes: 10_000_000 }, silent).next()).rejects.toThrow(/move it aside/);
});
