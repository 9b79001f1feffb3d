/**
 * The fault suite on real processes and servers. `npm run faults:real -- --rounds 100 --seed 1` runs seeds 1 to 100. See
 * test/faults/README.md.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@cartledger/local-stack';
import { describePlan } from './plan.ts';
import { problemsOf, runRounds, type Told } from './rounds.ts';

const { values: args } = parseArgs({
  options: {
    rounds: { type: 'string', default: '8' },
    seed: { type: 'string', default: '0' },
    lanes: { type: 'string', default: '3' },
    logs: { type: 'string', default: '.cache/faults/real' },
    keep: { type: 'boolean', default: false },
  },
});

const stack = new AsyncDisposableStack();
const dir = mkdtempSync(join(tmpdir(), 'cartledger-faults-postgres-'));
stack.defer(() => rmSync(dir, { recursive: true, force: true }));
const logs = resolve(args.logs);
mkdirSync(logs, { recursive: true });
process.env.NODE_COMPILE_CACHE ??= resolve('.cache/compiled');

const all: Told[] = [];
const tell = (told: Told): void => {
  all.push(told);
  const { plan, result } = told;
  const problems = problemsOf(told);
  const v = result?.verdict;
  const figures = [
    `seed ${plan.seed}`.padEnd(10),
    `${result?.seconds.toFixed(0) ?? '-'} s`.padStart(6),
    `sent ${result?.deliveries ?? '-'}, in the topic ${v?.records ?? '-'}, kept ${v?.kept ?? '-'}, dead letters ${v?.letters ?? '-'}`,
    `lost ${v?.lost ?? '-'}, twice ${v?.twice ?? '-'}, drift ${result?.drift.length ?? '-'}`,
    problems.length === 0 ? 'ok' : 'FAILED',
  ];
  console.log(figures.join('  '));
  console.log(`  ${[...(result?.events ?? [])].map(([what, n]) => (n > 1 ? `${what} (${n})` : what)).join(', ')}`);
  if (v?.counts) console.log(`  deliveries counted otherwise: ${v.counts}`);
  if (problems.length === 0) return;
  console.log(`  plan: ${describePlan(plan)}`);
  for (const problem of problems.slice(0, 10)) console.log(`  ${problem}`);
  console.log(`  logs: ${told.dir}; again: npm run faults:real -- --rounds 1 --seed ${plan.seed}`);
};

// Whatever was started ends at this process's orderly end.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const begun = performance.now();
try {
  // PostgreSQL, which does not run as root, has to get at its data below.
  chmodSync(dir, 0o711);
  const postgres = await startPostgres({ dir: join(dir, 'postgres') });
  stack.defer(() => postgres.stop());
  const { rounds, seed, lanes, keep } = args;
  await runRounds(
    { from: Number(seed), rounds: Number(rounds), lanes: Number(lanes), postgresUrl: postgres.url, logs, keep },
    tell,
  );
} finally {
  await stack.disposeAsync();
}

const sum = (of: (told: Told) => number | undefined): number => all.reduce((total, told) => total + (of(told) ?? 0), 0);
const happened = new Map<string, number>();
for (const { result } of all)
  for (const [what, n] of result?.events ?? []) happened.set(what, (happened.get(what) ?? 0) + n);
console.log('\nIn all rounds:');
for (const [what, n] of [...happened].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`  ${String(n).padStart(6)} ${what}`);
const failed = all.filter((told) => problemsOf(told).length > 0);
const table = {
  rounds: all.length,
  failed: failed.length,
  deliveries: sum(({ result }) => result?.deliveries),
  'in the topic': sum(({ result }) => result?.verdict.records),
  kept: sum(({ result }) => result?.verdict.kept),
  'dead letters': sum(({ result }) => result?.verdict.letters),
  lost: sum(({ result }) => result?.verdict.lost),
  twice: sum(({ result }) => result?.verdict.twice),
  drift: sum(({ result }) => result?.drift.length),
  'rounds with other counts of deliveries': all.filter(({ result }) => result?.verdict.counts).length,
  'seconds a round': Math.round(sum(({ result }) => result?.seconds) / Math.max(1, all.length)),
  'seconds in all': Math.round((performance.now() - begun) / 1_000),
};
for (const [what, n] of Object.entries(table)) console.log(`${what.padEnd(40)}${n}`);
for (const { plan } of failed) console.log(`failed: seed ${plan.seed}`);
process.exitCode = failed.length === 0 ? 0 : 1;
