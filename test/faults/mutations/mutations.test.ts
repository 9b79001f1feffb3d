import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** Kept seeds age with every await that is added; then a few new ones have to find it. */
const NEW_SEEDS = 60;

test('a product that breaks a rule of exactly once does not pass', { timeout: 600_000 }, () => {
  const script = fileURLToPath(new URL('./run.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, '--new', String(NEW_SEEDS)], {
    encoding: 'utf8',
  });
  expect({ survived: stdout.match(/^SURVIVED .*$/gm) ?? [], status }, stderr).toEqual({ survived: [], status: 0 });
});
