import { z } from 'zod';
import { letterChoice } from './dead-letters.ts';
import { count, instant, list, orNull, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

const replay = z
  .object({
    id: count('Names the replay'),
    filter: part('Which letters it is of; what is left out says nothing', {
      reason: words('Of that reason').optional(),
      store: words('Of that store').optional(),
      from: instant('Set aside from then on').optional(),
      to: instant('Set aside before then').optional(),
      ids: list('These', words('An id')).optional(),
    }),
    again: yes('Whether letters that were replayed before are of it too'),
    total: count('Letters it had before it at its beginning'),
    replayed: count('Letters sent once more'),
    lost: count('Letters without their bytes'),
    by: words('The id of the key it was asked for with'),
    started_at: instant('When it began'),
    ended_at: orNull(instant('When it came to its end; null: it can be gone on with')),
  })
  .meta({ id: 'Replay', description: 'Letters that are sent once more, and how far that is' });
export type Replay = z.output<typeof replay>;

export const LIST_REPLAYS = defineRoute({
  method: 'GET',
  path: '/dead-letters/replays',
  summary: 'The replays, and how far each has come (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: part('The replays', { replays: list('Oldest first', replay) }),
});

const begin = z
  .strictObject({
    ...letterChoice,
    ids: z.array(z.string().max(200)).min(1).max(1_000).optional().describe('These letters, by id or short id'),
    again: z.boolean().default(false).describe('Those too that were replayed before'),
  })
  .describe('Begins a replay, or goes on with one of the same choice that did not come to its end');

const step = z
  .strictObject({ run: z.int().positive().describe('The id of the replay') })
  .describe('Goes on with it for about two seconds');

export const REPLAY = defineRoute({
  method: 'POST',
  path: '/dead-letters/replays',
  summary: 'Send dead letters once more (admin)',
  description:
    'Begun with a choice of letters, then gone on with by its id until ended_at is set. However often it is begun, killed or run twice, each letter counts once.',
  query: NO_QUERY,
  body: z.union([step, begin]),
  status: 200,
  answer: part('How far it is', {
    replay: replay.nullable().describe('Null when no letter that is meant is left to replay'),
  }),
  refusals: { 404: 'There is no such dead letter, or no such replay' },
});
