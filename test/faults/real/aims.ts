/** Points of the product's way at which one of its processes ends or stops itself: see aimed/. */
export type Aim = {
  readonly when: 'before' | 'during' | 'after';
  /** A call over the process's border: `insert events`, `commit`, ... */
  readonly step: string;
  /** The how-manyth of this process. */
  readonly nth: number;
  /** SIGSTOP: the one who started it lets it go on, so that it wakes as a zombie. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
};

export const AIM_VARIABLE = 'CARTLEDGER_FAULT_AIM';
/** Asks a process to forget its aim. */
export const DISARM = 'SIGUSR2';

const aim = (text: string): Aim => {
  const match = /^(stopped )?(before|during|after) (.+)$/.exec(text);
  const [, stopped, when, step] = match ?? [];
  if (step === undefined || (when !== 'before' && when !== 'during' && when !== 'after'))
    throw new Error(`no point to aim at: ${text}`);
  return { when, step, nth: 1, signal: stopped === undefined ? 'SIGKILL' : 'SIGSTOP' };
};

export const nameOfAim = ({ when, step, signal }: Aim): string =>
  `${signal === 'SIGSTOP' ? 'stopped ' : ''}${when} ${step}`;

/** Of a batch. Two neighbours come together in a round, one for each worker. */
export const INGEST_AIMS = [
  'before dead letters',
  'after insert events',
  'before insert events',
  'stopped before commit',
  'during insert events',
  'after dead letters',
  'during insert touches',
  'stopped before insert events',
  'after insert touches',
  'during commit',
  'after insert intake_runs',
  'stopped after insert events',
  'before commit',
  'after insert intake',
  'after commit',
  'stopped after dead letters',
].map(aim);

/** Of a run. Two neighbours come together in a round, one after the other. */
export const AGGREGATOR_AIMS = [
  'after insert links',
  'before insert touched_batches_done',
  'after insert dirty_days',
  'stopped before insert ledger_rows',
  'after insert ledger_keys',
  'during insert touched_batches_done',
  'before insert ledger_rows',
  'stopped before insert store_state',
  'during insert ledger_rows',
  'after insert store_state',
  'after insert ledger_rows',
  'stopped before insert touched_batches_done',
  'after insert funnel_days',
  'before insert store_state',
  'after insert touched_batches_done',
  'stopped before insert dirty_days',
].map(aim);

export const COLLECTOR_AIMS = ['before append', 'during append', 'after append'].map(aim);
/** Those that only come while the log is away. */
export const SPOOL_AIMS = ['before spool', 'during spool', 'after spool'].map(aim);
