import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';
import { processIdentity } from './process-identity.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-lock-'));
  file = join(dir, 'made', 'lock');
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a second holder is refused while the first lives, and the refusal names it', async () => {
  const lock = await lockDirectory(file, 'the thing');
  await expect(lockDirectory(file, 'the thing', { waitMs: 50 })).rejects.toMatchObject({
    code: 'directory_in_use',
    message: expect.stringMatching(new RegExp(`^the thing is in use by the running process ${process.pid} `)),
  });
  lock.release();
  (await lockDirectory(file, 'the thing')).release();
});

test('who waits gets the lock when it is released', async () => {
  const first = await lockDirectory(file, 'the thing');
  const second = lockDirectory(file, 'the thing', { waitMs: 10_000 });
  first.release();
  (await second).release();
});

test('a lock whose holder has died is taken over, and is no longer his to release', async () => {
  const lock = await lockDirectory(file, 'the thing');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await new Promise((resolve) => child.once('spawn', resolve));
  lock.handTo(child.pid ?? 0);
  await expect(lockDirectory(file, 'the thing', { waitMs: 0 })).rejects.toThrow(`process ${child.pid} `);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));

  const successor = await lockDirectory(file, 'the thing', { waitMs: 0 });
  lock.release();
  await expect(lockDirectory(file, 'the thing', { waitMs: 0 }), 'released by its former holder').rejects.toThrow(
    'is in use',
  );
  successor.release();
  (await lockDirectory(file, 'the thing', { waitMs: 0 })).release();
});

test('a lock left by a process whose number another one has now is taken over', async () => {
  const lock = await lockDirectory(file, 'the thing');
  lock.release();
  writeFileSync(file, `${process.pid} started at another time\n`);
  await lockDirectory(file, 'the thing', { waitMs: 0 });
  expect(readFileSync(file, 'utf8')).toBe(`${process.pid} ${processIdentity(process.pid)}\n`);
});

test('the identity of a process is the same each time, and there is none for one that does not live', () => {
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(2 ** 30)).toBeUndefined();
});
