import { BACKFILL_STATES, type Backfill, type BackfillDifference } from '@cartledger/operations';
import { z } from 'zod';

/** The slice before which all is done: of a month and store, events of visitors from this hash on are next. */
const cursor = z.object({ month: z.string(), store_id: z.string(), hash: z.string().regex(/^\d{1,20}$/) });

const counted = z.object({
  before: z.number(),
  after: z.number(),
  added: z.number(),
  removed: z.number(),
  changed: z.number(),
});
export type Counted = z.infer<typeof counted>;

const partition = z.object({
  partition: z.number(),
  /** Rows of earlier records are copied. */
  first: z.number(),
  /** All of [first, position) is in the rebuilt table, but for what is left of the run's `range`. */
  position: z.number(),
  /** Where reading ends in the present state. */
  until: z.number(),
});
export type RunPartition = z.infer<typeof partition>;

const range = z.object({ partition: z.number(), first: z.number(), end: z.number() });
export type RunRange = z.infer<typeof range>;

/** One backfill and how far it has come: with this, and what the server says of its tables, anybody can go on. */
const run = z.object({
  id: z.number(),
  state: z.enum(BACKFILL_STATES),
  dryRun: z.boolean(),
  /** The id of the key it was asked for with. */
  by: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  epoch: z.string(),
  /** Its own table, under the name that it is built with. */
  table: z.string(),
  /** The name of the former one afterwards. */
  before: z.string(),
  /** By which the two are told apart whatever they are called; null: not made yet. */
  uuids: z.object({ rebuilt: z.string(), former: z.string() }).nullable(),
  partitions: z.array(partition),
  /** Records that cannot be read: their rows are copied from the present table, as far as the cursor, before anything else. */
  range: range.nullable().default(null),
  records: z.number(),
  leftOut: z.number(),
  newLetters: z.number(),
  copied: z.number(),
  cursor: cursor.nullable(),
  slices: z.object({ done: z.number(), total: z.number() }),
  compared: counted.extend({ months: z.array(counted.extend({ store_id: z.string(), month: z.string() })) }).nullable(),
  /** Offsets that were left when it last had followed the log. */
  left: z.number().nullable(),
  /** Its own order to drain. */
  order: z.string().nullable(),
  pausedAt: z.number().nullable(),
  resumedAt: z.number().nullable(),
  /** Inserts that the exchange met on their way are over, and what they brought into the former table is copied. */
  hasLate: z.boolean(),
  told: z.number(),
  dropped: z.boolean(),
  /** The former table was dropped before all was told. */
  formerLost: z.boolean().default(false),
});
export type BackfillRun = z.infer<typeof run>;

/** What a run has of all that is not said when it begins: nothing. */
export const NOTHING_DONE = {
  endedAt: null,
  uuids: null,
  range: null,
  records: 0,
  leftOut: 0,
  newLetters: 0,
  copied: 0,
  cursor: null,
  slices: { done: 0, total: 0 },
  compared: null,
  left: null,
  order: null,
  pausedAt: null,
  resumedAt: null,
  hasLate: false,
  told: 0,
  dropped: false,
  formerLost: false,
} satisfies Partial<BackfillRun>;

export const storedRuns = z.object({ runs: z.array(run) });

const iso = (ms: number): string => new Date(ms).toISOString();

const progressOf = ({ state, partitions, slices }: BackfillRun): Backfill['progress'] => {
  if (state === 'writing' || state === 'following' || state === 'catching_up') {
    const sum = (of: (one: RunPartition) => number): number => partitions.reduce((all, one) => all + of(one), 0);
    return {
      done: sum(({ first, position }) => position - first),
      total: sum(({ first, until }) => until - first),
      unit: 'offsets',
    };
  }
  if (state === 'copying' || state === 'comparing' || state === 'telling') return { ...slices, unit: 'slices' };
  return { done: 0, total: 0, unit: 'partitions' };
};

const monthOf = (month: string): string => (month === '0' ? 'other' : `${month.slice(0, 4)}-${month.slice(4)}`);
const differenceOf = ({ month, ...rest }: Counted & { store_id: string; month: string }): BackfillDifference => ({
  ...rest,
  month: monthOf(month),
});

/** As it is answered. */
export const backfillAnswer = (of: BackfillRun): Backfill => ({
  backfill: of.id,
  state: of.state,
  dry_run: of.dryRun,
  by: of.by,
  begun_at: iso(of.startedAt),
  ended_at: of.endedAt === null ? null : iso(of.endedAt),
  topic_epoch: of.epoch,
  table: of.table,
  old_table: (of.state === 'telling' || of.state === 'done') && !of.dropped && !of.formerLost ? of.before : null,
  partitions: of.partitions.map(({ partition: number, first, position, until }) => ({
    partition: number,
    first_offset: first,
    position,
    end_offset: until,
  })),
  records: of.records,
  left_out: of.leftOut,
  new_letters: of.newLetters,
  copied: of.copied,
  progress: progressOf(of),
  compared: of.compared === null ? null : { ...of.compared, months: of.compared.months.map(differenceOf) },
  paused_seconds:
    of.pausedAt === null || of.resumedAt === null ? null : Math.round((of.resumedAt - of.pausedAt) / 100) / 10,
  told: of.told,
  former_lost: of.formerLost,
});
