/**
 * Does a test fail when a rule is broken? Each mutation is applied alone to a copy of the working tree, in which the unit
 * tests of the ledgers run until one fails. `npm run mutations` runs all, `npm run mutations -- carts` those of some files.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { MUTATIONS, type Mutation } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LEDGER = 'packages/funnel/src/ledger';
/** What the unit tests of the ledgers need. */
const COPIED = [
  'packages/funnel',
  'packages/events',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'test/fixtures',
  'docs',
];
/** Stories worked out by hand are told by both engines. */
const TESTS = [LEDGER, 'packages/funnel/src/reference'];

const result = z.object({
  numTotalTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

const dir = mkdtempSync(join(tmpdir(), 'cartledger-mutations-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
for (const path of COPIED) cpSync(join(ROOT, path), join(dir, path), { recursive: true, verbatimSymlinks: true });
symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
writeFileSync(join(dir, 'vitest.config.ts'), 'export default { test: { testTimeout: 60_000 } };\n');

/** The first test that fails; null when all pass. */
const firstFailure = (): string | null => {
  const report = join(dir, 'report.json');
  rmSync(report, { force: true });
  // The table of rules names tests of the whole repository.
  const without = ['--exclude', '**/rules.test.ts'];
  const args = ['run', '--root', dir, '--bail', '1', '--reporter=json', `--outputFile=${report}`, ...without, ...TESTS];
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: dir,
    encoding: 'utf8',
  });
  const { numTotalTests, testResults } = result.parse(JSON.parse(readFileSync(report, 'utf8')));
  if (numTotalTests === 0 && status === 0) throw new Error(`no test was run: ${stderr}`);
  if (status === 0) return null;
  for (const { name, assertionResults } of testResults)
    for (const { fullName, status: ended } of assertionResults)
      if (ended === 'failed') return `${name.slice(name.lastIndexOf('/') + 1)}: ${fullName}`;
  const broken = testResults.find((file) => file.status === 'failed');
  return `${broken?.name.slice(broken.name.lastIndexOf('/') + 1) ?? 'vitest'}: does not load`;
};

const mutate = ({ file, find, replace }: Mutation): (() => void) => {
  const path = join(dir, LEDGER, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold "${find}" exactly once: mend the list`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  return () => writeFileSync(path, text);
};

const wanted = process.argv.slice(2);
const chosen = MUTATIONS.filter(({ file }) => wanted.length === 0 || wanted.some((name) => file.startsWith(name)));
const before = firstFailure();
if (before !== null) throw new Error(`a test fails without any mutation: ${before}`);

const survivors: Mutation[] = [];
for (const mutation of chosen) {
  const undo = mutate(mutation);
  const failure = firstFailure();
  undo();
  if (failure === null) survivors.push(mutation);
  console.log(
    `${failure === null ? 'SURVIVED' : 'caught  '} ${mutation.file}: ${mutation.rule}\n           ${failure ?? `${mutation.find} -> ${mutation.replace}`}`,
  );
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} mutations caught`);
process.exitCode = survivors.length === 0 ? 0 : 1;
