import { z } from 'zod';
import { count, instant, list, moment, orNull, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

/** In order, up to `done`; what each does, and what a repeat finds, is in docs/decisions/0026. */
export const BACKFILL_STATES = [
  'writing',
  'copying',
  'clearing',
  'comparing',
  'compared',
  'following',
  'draining',
  'catching_up',
  'swapping',
  'telling',
  'done',
  'unchanged',
  'cancelled',
] as const;

const difference = part('One store and month whose kept events differ', {
  store_id: words('The store'),
  month: words('Of the client’s own time, as 2026-11; `other` outside 2015 to 2099'),
  before: count('Kept events in the table as it is'),
  after: count('Kept events in the rebuilt one'),
  added: count('Events that only the rebuilt one has'),
  removed: count('Events that only the present one has'),
  changed: count('Events that are in both and say something else'),
});
export type BackfillDifference = z.output<typeof difference>;

const backfill = z
  .object({
    backfill: count('Names the backfill'),
    state: z.enum(BACKFILL_STATES).describe('How far it is'),
    dry_run: yes('Whether it ends with the comparison'),
    by: words('The id of the key it was asked for with'),
    begun_at: instant('When it began'),
    ended_at: orNull(instant('When it came to its end; null: it can be gone on with')),
    topic_epoch: words('The id of the topic that is read'),
    table: words('The table that is built'),
    old_table: orNull(words('The former table, which is kept until it is dropped; null when there is none')),
    partitions: list(
      'By number',
      part('One partition', {
        partition: count('The partition'),
        first_offset: count('First offset that is read; what is of earlier records is copied'),
        position: count('All before it is in the rebuilt table'),
        end_offset: count('Where reading ends for now; after the exchange where the partition was paused'),
      }),
    ),
    records: count('Records read of the log'),
    left_out: count(
      'Of them without a row of their own: dead letters, what was erased, and what its store does not keep so long',
    ),
    new_letters: count('Of them dead-lettered now: they had neither a row nor a letter'),
    copied: count('Rows copied from the present table, because the log does not have their records'),
    progress: part('How far its present state is', {
      done: count('What is done'),
      total: count('Of so much; 0 when that is not known'),
      unit: z.enum(['offsets', 'slices', 'partitions']).describe('Of what'),
    }),
    compared: orNull(
      part('What the comparison found; null before', {
        before: count('Kept events in the table as it was'),
        after: count('Kept events in the rebuilt one'),
        added: count('Events that only the rebuilt one has'),
        removed: count('Events that only the former one has'),
        changed: count('Events that are in both and say something else'),
        months: list('Stores and months that differ, the first thousand', difference),
      }),
    ),
    paused_seconds: orNull(z.number().describe('How long nothing was fetched; null when it was not paused yet')),
    told: count('Visitors whose ledgers are looked at anew'),
    former_lost: yes(
      'The former table was dropped after the exchange before it was compared to the end: `told` are not all that differ, and rows that came in with the exchange may be missing',
    ),
  })
  .meta({
    id: 'Backfill',
    description: 'One rebuilding of the table of events, how far it is, and in the end its receipt',
  });
export type Backfill = z.output<typeof backfill>;

export const LIST_BACKFILLS = defineRoute({
  method: 'GET',
  path: '/backfills',
  summary: 'The backfills, and how far each has come (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: part('The backfills', { backfills: list('Oldest first', backfill) }),
});

const number = z.int().positive();

export const BACKFILL = defineRoute({
  method: 'POST',
  path: '/backfills',
  summary: 'Rebuild the table of events from the log (admin)',
  description:
    'A table beside `events` is written from the log by the steps of ingest, rows whose records the log does not have are copied, both are compared, and they change places while every partition is paused. Begun, then gone on with by its number until ended_at is set or, of a dry run, its state is `compared`. However often it is begun, killed or run twice, it comes to the same.',
  query: NO_QUERY,
  body: z.union([
    z.strictObject({ backfill: number.describe('Its number') }).describe('Goes on with it for about two seconds'),
    z
      .strictObject({ cancel: number.describe('Its number') })
      .describe('Gives it up before the tables have changed places: the rebuilt one is dropped'),
    z
      .strictObject({ drop_old: number.describe('Its number') })
      .describe('Drops the former table of one that is done: nothing brings it back'),
    z
      .strictObject({
        dry_run: z.boolean().default(false).describe('Only compare'),
        since: moment
          .optional()
          .describe('Read the log from the first record of that time or later; what is older is copied'),
      })
      .describe('Begins one, or goes on with the one that has not ended'),
  ]),
  status: 200,
  answer: backfill,
  refusals: {
    404: 'There is no such backfill',
    409: 'The server or its state does not allow it: the message says what stands in the way',
  },
});
