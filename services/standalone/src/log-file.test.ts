import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogFile } from './log-file.ts';

test('lines are in the file as they come, and a fatal one is told as well', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-log-file-'));
  const told: string[] = [];
  const file = openLogFile(join(dir, 'logs', 'a.log'), (text) => told.push(text));
  file.write('{"level":"info","msg":"one"}\n');
  file.write('{"level":"fatal","msg":"failed","err":{"message":"no room"}}\n');
  file.close();
  expect(readFileSync(file.path, 'utf8').split('\n')).toHaveLength(3);
  expect(told).toEqual([`\nfailed: no room\nThe log: ${file.path}`]);
  rmSync(dir, { recursive: true });
});

test('the log is for its owner alone, and a second start goes on with it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-log-file-'));
  for (const msg of ['one', 'two']) {
    const file = openLogFile(join(dir, 'data', 'a.log'), () => undefined);
    file.write(`{"msg":"${msg}"}\n`);
    file.close();
  }
  expect(readFileSync(join(dir, 'data', 'a.log'), 'utf8')).toBe('{"msg":"one"}\n{"msg":"two"}\n');
  expect(statSync(join(dir, 'data', 'a.log')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'data')).mode & 0o777).toBe(0o700);
  rmSync(dir, { recursive: true });
});

test('a data directory that cannot be one is named, with what to do', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-log-file-'));
  writeFileSync(join(dir, 'file'), '');
  expect(() => openLogFile(join(dir, 'file', 'a.log'), () => undefined)).toThrow(
    /^the data directory .*\/file cannot be written to \(ENOTDIR: .*\): mend that, or name another with --data DIR$/,
  );
  rmSync(dir, { recursive: true });
});

test.runIf(process.platform === 'linux')('a file system that takes no directories is refused at once', () => {
  // In a process of its own: what it prevents is a call that never returns.
  const url = JSON.stringify(new URL('./log-file.ts', import.meta.url).href);
  const script = `import(${url}).then(({ openLogFile }) => openLogFile('/proc/none/a.log', () => undefined))`;
  const { stderr, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 10_000 });
  expect([status, stderr]).toEqual([1, expect.stringContaining('/proc/none cannot be written to (ENOENT: ')]);
});

test.runIf(process.platform === 'linux')('a full disk costs lines, told once, and never throws', () => {
  const told: string[] = [];
  const file = openLogFile('/dev/full', (text) => told.push(text));
  for (let i = 0; i < 3; i++) file.write('{"level":"info","msg":"one"}\n');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/The log \/dev\/full is not written any more until it can be: ENOSPC: no space left/);
  file.write('{"level":"fatal","msg":"failed"}\n');
  expect(told).toHaveLength(2);
  file.close();
});
