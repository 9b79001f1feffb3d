import type { Process } from './world/processes.ts';
import type { World } from './world/scheduler.ts';

/** What exactly once is made of, in the order of a batch of ingest and of a run of the aggregator. */
export const STEPS = [
  'dead letters',
  'events',
  'touches',
  'counts',
  'commit',
  'links',
  'dirty days',
  'announced keys',
  'rows',
  'digests',
  'rollups',
  'clean days',
  'states',
  'marks',
] as const;
export type Step = (typeof STEPS)[number];

/** Which step a call is; keys and days are written twice in a run, told apart by what went before. */
const stepOf = (label: string, before: Step | undefined): Step | null => {
  if (/^produce \d+ to storefront-events-dead/.test(label)) return 'dead letters';
  if (label.startsWith('commit ')) return 'commit';
  if (label.startsWith('rollups.')) return 'rollups';
  switch (label) {
    case 'the insert into events':
      return 'events';
    case 'the insert into touches':
      return 'touches';
    case 'the insert into intake':
      return 'counts';
    case 'the insert into links':
      return 'links';
    case 'the insert into dirty_days':
      return before === 'rollups' ? 'clean days' : 'dirty days';
    case 'the insert into ledger_keys':
      return before === 'rows' ? 'digests' : 'announced keys';
    case 'the insert into ledger_rows':
      return 'rows';
    case 'the insert into store_state':
    case 'store_states.advance':
      return 'states';
    case 'the insert into touched_batches_done':
      return 'marks';
    default:
      return null;
  }
};

/** Steps that most batches and runs do not have. */
const RARE: ReadonlySet<Step> = new Set(['dead letters', 'links', 'rollups', 'clean days', 'marks']);

/** Of a seed: more would leave too little to go on from. */
const MOST = 3;

/**
 * A process may be killed just when one of its steps has happened and before it is told so. Counts after which step every
 * process was killed, however that came: `crashed after rows`.
 */
export const watchSteps = (world: World, kill: (process: Process) => void): void => {
  const last = new Map<Process, Step>();
  let left = MOST;
  world.on('landed', ({ process, label }) => {
    if (process.state === 'dead') return;
    const step = stepOf(label, last.get(process));
    if (step === null) return;
    last.set(process, step);
    const crash = world.profile.crash * (RARE.has(step) ? 4 : 1);
    if (left === 0 || world.pick([1_000 - crash, crash], `crash after ${step}`) === 0) return;
    left -= 1;
    kill(process);
  });
  world.on('killed', (process) => {
    const step = last.get(process);
    if (step !== undefined) world.count(`crashed after ${step}`);
  });
};
