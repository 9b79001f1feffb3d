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
type Step = (typeof STEPS)[number];

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

/** Steps that most batches and runs do not have, and the one that says of all others that they were done. */
const AIMED: Partial<Record<Step, number>> = {
  'dead letters': 48,
  commit: 60,
  links: 48,
  rollups: 48,
  'clean days': 48,
  marks: 48,
};

/** A commit while a dead letter of the same process is on its way: none of the product's makes one. */
const TOO_EARLY = 500;

/** Of a seed: more would leave too little to go on from. */
const MOST = 3;

/**
 * A process may be killed just when one of its steps has happened and before it is told so. Counts after which step every
 * process was killed, however that came: `crashed after rows`.
 */
export const watchSteps = (world: World, kill: (process: Process) => void): void => {
  const last = new Map<Process, Step>();
  const sending = new Set<Process>();
  let left = MOST;
  world.on('asked', ({ process, label }) => {
    if (stepOf(label, undefined) === 'dead letters') sending.add(process);
  });
  world.on('landed', ({ process, label }) => {
    if (process.state === 'dead') return;
    const step = stepOf(label, last.get(process));
    if (step === null) return;
    last.set(process, step);
    if (step === 'dead letters') sending.delete(process);
    const { crash: often } = world.profile;
    const aimed = step === 'commit' && sending.has(process) ? TOO_EARLY : (AIMED[step] ?? 0);
    const crash = often > 0 ? Math.max(often, aimed) : 0;
    if (left === 0 || world.pick([1_000 - crash, crash], `crash after ${step}`) === 0) return;
    left -= 1;
    kill(process);
  });
  world.on('killed', (process) => {
    const step = last.get(process);
    if (step !== undefined) world.count(`crashed after ${step}`);
  });
};
