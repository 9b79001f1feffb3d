import { z } from 'zod';
import { count, instant, list, moment, orNull, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

const rewindAnswer = z
  .object({
    order: orNull(words('Names the order; null when none was ever given')),
    at: orNull(instant('When it was given')),
    done: yes('Whether every partition has its receipt'),
    partitions: list(
      'Those that are set back',
      part('One partition', {
        partition: count('The partition'),
        asked_offset: count('Where it is to go on'),
        done: yes('Whether its worker has obeyed'),
        by: orNull(words('That worker')),
        at: orNull(instant('When')),
        from_offset: orNull(count('Where it stood; null when nothing of it was ever taken in')),
        to_offset: orNull(
          count('Where it goes on: as asked, or earlier, where counts of deliveries can be taken up exactly'),
        ),
        counts_exact: orNull(yes('False: deliveries of the quarter of an hour around it count twice')),
      }),
    ),
  })
  .meta({ id: 'Rewind', description: 'The last order to rewind, and the receipt of each partition' });
export type Rewind = z.output<typeof rewindAnswer>;

export const SHOW_REWIND = defineRoute({
  method: 'GET',
  path: '/rewind',
  summary: 'The last order to rewind, and who has obeyed (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: rewindAnswer,
});

export const ORDER_REWIND = defineRoute({
  method: 'POST',
  path: '/rewind',
  summary: 'Take the log in again from an earlier place (admin)',
  description:
    'For after a restored backup. Every worker sets back the partitions that it has; what is in the store already changes nothing. It only goes back: partitions that stand there or before it are left as they are.',
  query: NO_QUERY,
  body: z
    .strictObject({
      to: z
        .union(
          [z.literal('earliest'), z.int().nonnegative(), moment.transform((time) => ({ time }))],
          'give an offset, a time as 2026-01-31T12:00:00Z, or earliest',
        )
        .describe('An offset, a time (RFC 3339) or `earliest`; an offset needs its partition'),
      partition: z.int().nonnegative().optional().describe('This partition only'),
    })
    .describe('From where'),
  status: 202,
  answer: rewindAnswer,
  refusals: { 409: 'Every partition asked for stands there, or before it, already; or a backfill is under way' },
});
