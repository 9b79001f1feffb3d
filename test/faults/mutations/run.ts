/**
 * Does the fault suite fail when a rule of exactly once is broken? Each mutation is applied alone to a copy of the tree,
 * in which its kept seeds run first, then as many new ones as it takes (at most `--new`). `npm run faults:mutations` runs all,
 * `npm run faults:mutations -- commit touches` those of such names.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTATIONS, type Mutation } from './mutations.ts';

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
  options: { new: { type: 'string', default: '300' }, lanes: { type: 'string', default: '2' } },
});

const dir = mkdtempSync(join(tmpdir(), 'cartledger-faults-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
for (const path of COPIED) cpSync(join(ROOT, path), join(dir, path), { recursive: true, verbatimSymlinks: true });
symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));

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
  if (line === undefined) return `the suite does not run: ${stderr.slice(0, 500)}`;
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

const failureOf = ({ seeds, onlyEnd = false }: Mutation): string | null => {
  for (const seed of seeds) {
    const failure = firstFailure(seed, 1, '1', onlyEnd);
    if (failure !== null) return failure;
  }
  const found = firstFailure(0, Number(options.new), options.lanes, onlyEnd);
  return found === null || seeds.length === 0 ? found : `${found} (its kept seeds do not fail any more)`;
};

const chosen = MUTATIONS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
const survivors: string[] = [];
for (const mutation of chosen) {
  const startedAt = performance.now();
  const undo = mutate(mutation);
  const failure = failureOf(mutation);
  undo();
  if (failure === null) survivors.push(mutation.name);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `${failure === null ? 'SURVIVED' : 'caught  '} ${mutation.name} (${seconds} s)\n           ${failure ?? ''}`,
  );
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} mutations caught`);
process.exitCode = survivors.length === 0 ? 0 : 1;
