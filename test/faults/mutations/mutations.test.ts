import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { MUTATIONS } from './mutations.ts';

test('a product that breaks a rule of exactly once, or has a mended defect again, fails by a kept seed', {
  timeout: 600_000,
}, () => {
  const script = fileURLToPath(new URL('./run.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  const survived = stdout.match(/^SURVIVED .*\n.*$/gm) ?? [];
  expect({ survived, status }, stderr).toEqual({ survived: [], status: 0 });
});

test('each mutation has what is to catch it, and defects that the product once had are among them', () => {
  for (const { name, seeds, test } of MUTATIONS)
    expect({ name, by: seeds.length + (test ? 1 : 0) }).not.toMatchObject({ by: 0 });
  expect(MUTATIONS.filter(({ wasReal }) => wasReal).length).toBeGreaterThanOrEqual(3);
});
