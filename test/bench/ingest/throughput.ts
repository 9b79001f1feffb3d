/** The worker against ClickHouse's own Kafka engine: the same topic, the same table, in turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, type Spread, spreadOf } from '../machine.ts';
import { print, type Row } from '../output.ts';
import { ENGINE_NOTES } from './engine.ts';
import { readProfile } from './profile.ts';
import { measure, type Run } from './run.ts';
import type { Stack } from './stack.ts';
import { openTopic, type Topic } from './topic.ts';

export type ThroughputOptions = {
  events: number;
  partitions: number;
  repeat: number;
  /** Block sizes of the engine: the first round tries each, the others take the best of them. */
  engineBlocks: readonly number[];
  /** Measures one of them alone. */
  only?: 'engine' | 'worker' | undefined;
  /** One more run of the worker, which tells where its time goes and counts for nothing else. */
  profile: boolean;
  json: boolean;
};

/** Beyond this the same arithmetic took so much longer at one end than at the other that something else was running. */
const DISTURBED = 0.1;

const readers = (engine: readonly number[], { only }: ThroughputOptions, round: number) => {
  const engines = only === 'worker' ? [] : engine.map((block) => ({ who: 'engine' as const, block }));
  const workers = only === 'engine' ? [] : [{ who: 'worker' as const }];
  // Who comes first alternates: neither always finds what the other left.
  return round % 2 === 0 ? [...engines, ...workers] : [...workers, ...engines];
};

const fastest = (runs: readonly Run[]): number[] => {
  const engines = runs.filter(({ who }) => who === 'engine').toSorted((a, b) => b.events_per_s - a.events_per_s);
  return engines.slice(0, 1).flatMap(({ block }) => (block === null ? [] : [block]));
};

const cpuOf = ({ worker, clickhouse }: Run['cpu']): number => worker + clickhouse;

/** Of the rounds that have both: the medians' ratio, and the least and most of the single rounds. */
const ratioOf = (pairs: readonly { worker: Run; engine: Run }[], read: (run: Run) => number): Spread => {
  const each = spreadOf(pairs.map(({ worker, engine }) => read(worker) / read(engine)));
  const median = (who: 'worker' | 'engine') => spreadOf(pairs.map((pair) => read(pair[who]))).median;
  return { ...each, median: median('worker') / median('engine') };
};

const ratiosOf = (rounds: readonly Run[][], block: number | undefined) => {
  const pairs = rounds.flatMap((runs) => {
    const worker = runs.find(({ who }) => who === 'worker');
    const engine = runs.find((run) => run.who === 'engine' && run.block === block);
    return worker && engine ? [{ worker, engine }] : [];
  });
  if (pairs.length === 0) return null;
  const toEnd = ratioOf(pairs, ({ cpu }) => cpuOf(cpu));
  const toRest = ratioOf(pairs, ({ cpu_settled }) => cpuOf(cpu_settled));
  return {
    events_per_s: ratioOf(pairs, ({ events_per_s }) => events_per_s),
    // Smaller parts cost their merging later, larger ones at once: whichever is the worse for the worker counts.
    cpu: toRest.median > toEnd.median ? toRest : toEnd,
    cpu_to_last_commit: toEnd,
    cpu_until_at_rest: toRest,
  };
};

const rowsOf = (title: string, runs: readonly Run[]): Row[] => {
  const row = (what: string, unit: string, read: (run: Run) => number): Row => ({
    what: `${title}: ${what}`,
    unit,
    ...spreadOf(runs.map(read)),
  });
  return [
    row('events a second', '1/s', ({ events_per_s }) => events_per_s),
    ...(runs[0]?.who === 'worker' ? [row('CPU of the worker', 's', ({ cpu }) => cpu.worker)] : []),
    row('CPU of ClickHouse', 's', ({ cpu }) => cpu.clickhouse),
    row('CPU of ClickHouse until at rest', 's', ({ cpu_settled }) => cpu_settled.clickhouse),
    row('CPU of the broker', 's', ({ cpu }) => cpu.kafka),
    ...(runs[0]?.who === 'worker' ? [row('peak memory of the worker', 'MiB', ({ peak_mib }) => peak_mib.worker)] : []),
    row('peak memory of ClickHouse', 'MiB', ({ peak_mib }) => peak_mib.clickhouse),
    row('parts written', '', ({ parts }) => parts),
  ];
};

const disagreement = (runs: readonly Run[], topic: Topic): string | null => {
  for (const { who, rows, hash } of runs) {
    if (rows !== topic.distinct) return `${who} left ${rows} events of ${topic.distinct}`;
    if (hash !== runs[0]?.hash) return `${who} left other rows than ${runs[0]?.who}: ${hash}, not ${runs[0]?.hash}`;
  }
  return null;
};

/** Beside the result, for who watches: a run takes half a minute. */
const tell = ({ who, block, events_per_s, cpu, cpu_settled, peak_mib }: Run): void => {
  const s = (seconds: number): string => `${seconds.toFixed(2)} s`;
  const name = block === null ? who : `${who} (${block})`;
  const memory = who === 'worker' ? peak_mib.worker : peak_mib.clickhouse;
  console.error(
    `${name}: ${Math.round(events_per_s)} events/s, CPU ${s(cpuOf(cpu))}, at rest ${s(cpuOf(cpu_settled))} (worker ${s(cpu.worker)}, broker ${s(cpu.kafka)}), ${Math.round(memory)} MiB`,
  );
};

const profileOf = async (stack: Stack, topic: Topic) => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-profile-'));
  try {
    await measure(stack, topic, { who: 'worker', nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${dir}`] });
    return readProfile(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** Answers whether every run left the same rows. */
export const benchThroughput = async (stack: Stack, options: ThroughputOptions): Promise<boolean> => {
  const topic = await openTopic(stack, options.events, options.partitions);
  const before = machine().noise_ms;
  const rounds: Run[][] = [];
  for (let round = 0; round < options.repeat; round++) {
    const blocks = round === 0 ? options.engineBlocks : fastest(rounds.flat());
    const runs: Run[] = [];
    for (const reader of readers(blocks, options, round)) {
      const run = await measure(stack, topic, reader);
      runs.push(run);
      tell(run);
    }
    rounds.push(runs);
  }
  const all = rounds.flat();
  const [block] = fastest(all);
  const ratios = ratiosOf(rounds, block);
  const problem = disagreement(all, topic);
  const after = machine().noise_ms;
  const profile = options.profile ? await profileOf(stack, topic) : null;
  if (profile !== null && !options.json) {
    console.table(profile.files);
    console.table(profile.functions);
  }
  print(
    `ingest of ${topic.events} events`,
    [
      ...rowsOf(
        `engine (blocks of ${block})`,
        all.filter((run) => run.who === 'engine' && run.block === block),
      ),
      ...rowsOf(
        'worker',
        all.filter(({ who }) => who === 'worker'),
      ),
      ...Object.entries(ratios ?? {}).map(([what, spread]) => ({ what: `ratio: ${what}`, unit: '', ...spread })),
    ].filter(({ median }) => !Number.isNaN(median)),
    {
      noise_ms_before: before,
      disturbed: Math.abs(after.median / before.median - 1) > DISTURBED,
      agree: problem ?? true,
    },
    options.json,
    {
      events: topic.events,
      distinct: topic.distinct,
      bytes_per_event: topic.bytesPerEvent,
      agree: problem === null,
      runs: all,
      ratios: ratios && { events_per_s: ratios.events_per_s.median, cpu: ratios.cpu.median },
      spread: ratios,
      notes: ENGINE_NOTES,
      ...(profile && { profile }),
    },
  );
  if (problem !== null) console.error(problem);
  return problem === null;
};
