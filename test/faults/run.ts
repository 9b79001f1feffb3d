/**
 * The fault suite on its models. `npm run faults -- --seeds 20000 --from 1000` runs a range, `CARTLEDGER_FAULT_SEED=7 npm
 * run faults` one seed, `npm run faults -- --tape FILE` a shrunk tape. See test/faults/README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createProgress } from '@cartledger/service';
import { readTape, toKept } from './model/kept.ts';
import { tapeOf } from './model/lane.ts';
import { runLanes } from './model/lanes.ts';
import { type Outcome, runSeed } from './model/run-seed.ts';
import { shrink } from './model/shrink.ts';
import { createTotals } from './model/totals.ts';
import { replayTape } from './model/world/tape.ts';

const { values: args } = parseArgs({
  options: {
    seeds: { type: 'string', default: process.env.CARTLEDGER_FAULT_SEEDS ?? '300' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: process.env.CARTLEDGER_FAULT_SEED ?? '' },
    tape: { type: 'string' },
    lanes: { type: 'string', default: process.env.CARTLEDGER_FAULT_LANES ?? '2' },
    'only-end': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const onlyEnd = args['only-end'];
const FAILURES = '.cache/faults';
const STEPS_SHOWN = 60;
/** Steps that say how it came, in a trace of thousands; the last of them are shown. */
const TELLING = /killed|paused|fault:|hand over|gap|assigns|: land|start /;

const tellFailure = (name: string, { profile, failure }: Pick<Outcome, 'profile' | 'failure'>): void =>
  console.log(`${name} (${profile}) failed: ${failure?.kind}: ${failure?.message}`);

const tellShrunk = (name: string, before: readonly number[], outcome: Outcome): void => {
  mkdirSync(FAILURES, { recursive: true });
  const path = `${FAILURES}/${name.replaceAll(/\W+/g, '-')}.json`;
  writeFileSync(path, `${JSON.stringify(toKept(outcome.failure?.message ?? '', outcome.tape), null, 1)}\n`);
  const decisions = outcome.tape.filter((value) => value !== 0).length;
  console.log(` shrunk to ${decisions} of ${before.length} decisions: npm run faults -- --tape ${path}`);
  console.log(` its failure: ${outcome.failure?.kind}: ${outcome.failure?.message}`);
  const steps = outcome.trace.filter((line) => TELLING.test(line));
  const shown = steps.filter((line) => !/control|offsets|epoch of/.test(line)).slice(-STEPS_SHOWN);
  console.log(` its steps: ${shown.join(' | ')}`);
};

const runOne = async (name: string, played: () => ReturnType<typeof tapeOf>): Promise<boolean> => {
  const outcome = await runSeed(played(), { onlyEnd, keepTrace: true });
  if (args.trace) for (const line of outcome.trace) console.log(line);
  const { steps, virtualMs, ms, profile, failure } = outcome;
  console.log(`${name} (${profile}): ${steps} steps, ${(virtualMs / 1_000).toFixed(1)} s in ${ms.toFixed(0)} ms`);
  if (failure === null) return true;
  tellFailure(name, outcome);
  if (!args['no-shrink']) tellShrunk(name, outcome.tape, await shrink(outcome.tape, failure.kind, { onlyEnd }));
  return false;
};

const runMany = async (): Promise<boolean> => {
  const from = Number(args.from);
  const count = Number(args.seeds);
  const totals = createTotals();
  const failed: { seed: number; outcome: Omit<Outcome, 'trace'> }[] = [];
  const task = { from, to: from + count, lanes: Number(args.lanes), onlyEnd, untilFailure: args['until-failure'] };
  const progress = createProgress('Fault seeds', count);
  await runLanes(task, (told) => {
    totals.add(told.outcome);
    if (told.outcome.failure !== null) failed.push(told);
    progress.update(totals.seeds, failed.length === 0 ? '' : `${failed.length} failed`);
  });
  progress.end();
  failed.sort((a, b) => a.seed - b.seed);
  if (args.json) {
    const failures = failed.map(({ seed, outcome }) => ({ seed, ...outcome.failure }));
    console.log(JSON.stringify({ ...totals.summary(), failures }));
    return failed.length === 0;
  }
  for (const [index, { seed, outcome }] of failed.entries()) {
    tellFailure(`seed ${seed}`, outcome);
    console.log(` again: CARTLEDGER_FAULT_SEED=${seed} npm run faults${onlyEnd ? ' -- --only-end' : ''}`);
    if (index > 0 || args['no-shrink'] || outcome.failure === null) continue;
    tellShrunk(`seed ${seed}`, outcome.tape, await shrink(outcome.tape, outcome.failure.kind, { onlyEnd }));
  }
  console.log(totals.text());
  console.log(`${totals.seeds} seeds from ${from}: ${failed.length} failed`);
  return failed.length === 0;
};

const { seed, tape } = args;
const passed =
  tape !== undefined
    ? await runOne(tape, () => replayTape(readTape(tape).tape))
    : seed !== ''
      ? await runOne(`seed ${seed}`, () => tapeOf(Number(seed)))
      : await runMany();
process.exitCode = passed ? 0 : 1;
