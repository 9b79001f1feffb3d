/**
 * Does the fault suite fail when a rule of exactly once is broken? Each mutation is applied alone to a copy of the tree,
 * in which one of its kept seeds has to fail, and none without it. `npm run faults:mutations` runs all, as CI does, and `npm run faults:mutations --
 * commit touches` those of such names. `--new 300` looks among so many for a seed to keep, where the kept ones have aged: that
 * ends with exit status 1 as well, until it is kept.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Mutation } from './mutation.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = [
  'packages',
  'services/collector',
  'services/ingest',
  'services/aggregator',
  'schemas',
  'test/faults',
  'test/node_modules',
  'test/package.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
];

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { new: { type: 'string', default: '0' }, lanes: { type: 'string', default: '2' } },
});

const dir = mkdtempSync(join(tmpdir(), 'cartledger-faults-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
for (const path of COPIED) cpSync(join(ROOT, path), join(dir, path), { recursive: true, verbatimSymlinks: true });
symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
writeFileSync(join(dir, 'vitest.config.ts'), 'export default {};\n');

type Ended = { failures: { seed: number; kind: string; message: string }[] };

/** The first seed that fails; null: none does. */
const firstFailure = (from: number, seeds: number, lanes: string, onlyEnd: boolean): string | null => {
  const args = ['--json', '--until-failure', '--from', String(from), '--seeds', String(seeds), '--lanes', lanes];
  if (onlyEnd) args.push('--only-end');
  const { stdout, stderr } = spawnSync(process.execPath, [join(dir, 'test/faults/run.ts'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, CARTLEDGER_FAULT_SEED: '' },
  });
  const line = stdout.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`the suite does not run: ${stderr.slice(0, 500)}`);
  const { failures }: Ended = JSON.parse(line);
  const [first] = failures;
  return first === undefined ? null : `seed ${first.seed}: ${first.kind}: ${first.message}`;
};

const mutate = ({ edits }: Mutation): (() => void) => {
  const before = edits.map(({ file }) => [join(dir, file), readFileSync(join(dir, file), 'utf8')] as const);
  for (const { file, find, replace } of edits) {
    const path = join(dir, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold "${find}" exactly once: mend the list`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  return () => {
    for (const [path, text] of before.toReversed()) writeFileSync(path, text);
  };
};

/** What the test says; null: it passes. */
const failureOfTest = ({ file, name }: { file: string; name: string }): string | null => {
  const args = ['run', '--root', dir, '--config', join(dir, 'vitest.config.ts'), file, '-t', name];
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' },
  });
  const failure = stderr.split('\n').find((line) => line.includes('FAIL') && line.includes(name));
  if (failure === undefined && !stdout.includes(' passed'))
    throw new Error(`"${name}" does not run in ${file}: ${stderr.slice(0, 500)}`);
  return failure ?? null;
};

type Attempt = () => string | null;

/** Its test, or its kept seeds. */
const attemptsOf = ({ seeds, test, onlyEnd = false }: Mutation): Attempt[] =>
  test === undefined ? seeds.map((seed) => () => firstFailure(seed, 1, '1', onlyEnd)) : [() => failureOfTest(test)];

/** The first that fails; null: none does any more. */
const failureOf = (mutation: Mutation): { attempt: Attempt; told: string } | null => {
  for (const attempt of attemptsOf(mutation)) {
    const told = attempt();
    if (told !== null) return { attempt, told };
  }
  return null;
};

const adviceFor = ({ seeds, test, onlyEnd = false }: Mutation): string => {
  if (test !== undefined) return `"${test.name}" passes`;
  const aged = `none of its kept seeds (${seeds.join(', ')}) fails`;
  const asked = Number(options.new);
  if (asked === 0) return `${aged}: npm run faults:mutations -- --new 300 looks for one that does`;
  const found = firstFailure(0, asked, options.lanes, onlyEnd);
  return found === null ? `${aged}, nor do the first ${asked}` : `${aged}: keep ${found}`;
};

const chosen = MUTATIONS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
const survivors: string[] = [];
for (const mutation of chosen) {
  const startedAt = performance.now();
  const undo = mutate(mutation);
  const failure = failureOf(mutation);
  let told = failure?.told ?? adviceFor(mutation);
  undo();
  const anyway = failure === null ? null : failure.attempt();
  if (anyway !== null) told = `it fails without the mutation too: ${anyway}`;
  const isCaught = failure !== null && anyway === null;
  if (!isCaught) survivors.push(mutation.name);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${isCaught ? 'caught  ' : 'SURVIVED'} ${mutation.name} (${seconds} s)\n           ${told}`);
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} mutations caught`);
process.exitCode = survivors.length === 0 ? 0 : 1;
