import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
