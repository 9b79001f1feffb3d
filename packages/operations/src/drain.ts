import type { z } from 'zod';
import { count, instant, list, orNull, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

const drainAnswer = part('The order to drain, and what each partition says to it', {
  ordered: yes('Whether it stands'),
  order: orNull(words('Names the order')),
  since: orNull(instant('When it was given')),
  drained: yes('Whether it stands and every partition has obeyed'),
  partitions: list(
    'By number',
    part('One partition', {
      partition: count('The partition'),
      drained: yes('Whether its worker fetches nothing and has nothing in hand'),
      by: orNull(words('That worker')),
      at: orNull(instant('When it obeyed')),
      committed_offset: orNull(count('All before it is in the store; null when nothing is committed')),
      waiting: count('Offsets that wait in the log'),
    }),
  ),
}).meta({ id: 'Drain' });
export type Drain = z.output<typeof drainAnswer>;

const shared = { query: NO_QUERY, body: NO_BODY, answer: drainAnswer } as const;

export const SHOW_DRAIN = defineRoute({
  ...shared,
  method: 'GET',
  path: '/drain',
  summary: 'Whether draining is ordered, and who has obeyed (admin)',
  status: 200,
});

export const ORDER_DRAIN = defineRoute({
  ...shared,
  method: 'POST',
  path: '/drain',
  summary: 'Fetch nothing any more, finish and commit what is in hand (admin)',
  description: 'Every worker obeys until /drain/resume, across restarts.',
  status: 202,
});

export const RESUME = defineRoute({
  ...shared,
  method: 'POST',
  path: '/drain/resume',
  summary: 'Fetch again (admin)',
  status: 200,
});
