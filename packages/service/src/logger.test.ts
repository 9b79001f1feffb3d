import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { backoff } from './backoff.ts';
import { defineError } from './errors.ts';
import { createLogger } from './logger.ts';

test('a key or token handed to the log does not appear in it', () => {
  let out = '';
  const logger = createLogger({
    component: 'collector',
    destination: {
      write: (line: string) => {
        out += line;
      },
    },
  });
  logger.child({ store_id: 'shop' }).info({ key: 'ck_w_abc', nested: { token: 'ck_w_abc' } }, 'hello');
  expect(out).not.toContain('ck_w_abc');
  expect(JSON.parse(out)).toMatchObject({ component: 'collector', store_id: 'shop', level: 'info', msg: 'hello' });
});

test('waits double up to the bound, half of each random', () => {
  const low = backoff({ baseMs: 100, maxMs: 1_000, random: () => 0 });
  const high = backoff({ baseMs: 100, maxMs: 1_000, random: () => 0.999999 });
  expect([0, 1, 2, 3, 4, 50].map(low)).toEqual([50, 100, 200, 400, 500, 500]);
  expect([0, 1, 2, 3, 4, 50].map(high)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('an error of the catalogue carries its code, status, message and field', () => {
  const badDay = defineError('bad_day', 400, (field: string, value: string) => ({
    field,
    message: `${field} is ${value}`,
  }));
  const gone = defineError('gone', 404, () => 'gone');
  expect(badDay('from', '2026-13-01')).toMatchObject({
    code: 'bad_day',
    status: 400,
    field: 'from',
    message: 'from is 2026-13-01',
  });
  expect(gone()).toMatchObject({ code: 'gone', status: 404, field: undefined });
});

test.runIf(process.platform === 'linux')(
  'lines for which the disk has no room neither end nor hold up a process',
  () => {
    const script = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
    const logger = createLogger({ component: 'test' });
    for (let i = 0; i < 3; i++) logger.info('hello');
    process.stderr.write('alive');
  `;
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', full, 'pipe'],
      timeout: 20_000,
    });
    closeSync(full);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: 'alive' });
  },
);
