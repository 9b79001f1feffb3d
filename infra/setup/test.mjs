// `npm test`: makes the clone ready, then the checks and every test. Ends with a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { node24, root, setup } from './setup.mjs';

setup();

const checks = [
  ['lint', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['types of the dashboard', 'typescript/bin/tsc', '--noEmit', '-p', 'services/dashboard/tsconfig.json'],
  [
    'boundaries',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    'packages',
    'services',
    'test',
  ],
  ['dead code', 'knip/bin/knip.js', '--no-config-hints'],
];

let passed = 0;
let failed = 0;
const tell = (ok, what) => {
  ok ? passed++ : failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`);
};

for (const [title, script, ...args] of checks) {
  const result = spawnSync(node24, [join(root, 'node_modules', script), ...args], { cwd: root, encoding: 'utf8' });
  tell(result.status === 0, title);
  if (result.status !== 0) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}`);
}

// One vitest run a project, so that unit tests do not wait for services and a crash in one hides nothing of the others.
const scratch = mkdtempSync(join(tmpdir(), 'cartledger-test-'));
for (const project of ['unit', 'faults', 'integration', 'e2e']) {
  const report = join(scratch, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const started = Date.now();
  const result = spawnSync(node24, [join(root, 'node_modules/vitest/vitest.mjs'), ...args, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  try {
    const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
    passed += numPassedTests;
    failed += numFailedTests;
    // A run that fails outside any test (a hook, a leak, a file that does not load) or runs none has failed.
    if ((result.status !== 0 && numFailedTests === 0) || numTotalTests === 0)
      tell(false, `${project} tests ended with status ${result.status}`);
    console.log(`${project}: ${numPassedTests} of ${numTotalTests} in ${seconds} s`);
  } catch (error) {
    tell(false, `${project} tests left no report: ${error.message}`);
  }
}
rmSync(scratch, { recursive: true, force: true });

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
