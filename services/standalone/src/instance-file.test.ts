import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readInstanceFile, writeInstanceFile } from './instance-file.ts';

const CONTENT = { url: 'http://127.0.0.1:8400', admin_token: 'ck_a_admin', pid: 7 };
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-instance-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

test('the file with the token is for its owner alone, also over one that was not, and nothing else is left', async () => {
  writeFileSync(join(dir, 'instance.json'), '{}', { mode: 0o644 });
  await writeInstanceFile(dir, CONTENT);
  expect(statSync(join(dir, 'instance.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['instance.json']);
  expect(await readInstanceFile(dir)).toEqual(CONTENT);
});

test('no file, or one cut short, is none: a start makes new tokens', async () => {
  expect(await readInstanceFile(dir)).toBeNull();
  for (const text of ['', '{"url":', '{"url":"http://127.0.0.1:8400"}']) {
    writeFileSync(join(dir, 'instance.json'), text);
    expect(await readInstanceFile(dir)).toBeNull();
  }
});
