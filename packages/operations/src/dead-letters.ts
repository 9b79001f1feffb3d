import { z } from 'zod';
import { count, instant, list, moment, orNull, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY } from './route.ts';

export const LETTER_STATES = ['open', 'replayed', 'lost', 'erased'] as const;

/** How letters are named by what they have in common. */
export const letterChoice = {
  reason: z.string().min(1).max(64).optional().describe('Those of that reason, such as `unknown_store`'),
  store: z
    .string()
    .max(128)
    .optional()
    .describe('Those whose bytes or key name that store, whether it is here or not; empty: of those that name none'),
  from: moment.optional().describe('Set aside from then on, RFC 3339'),
  to: moment.optional().describe('Set aside before then, RFC 3339'),
};

const letter = z
  .object({
    id: words('Names the letter: topic id, partition and offset of where its record stood'),
    short_id: words('Partition and offset alone, where they name it'),
    topic_epoch: words('The id of the topic it came from'),
    partition: count('The partition it came from'),
    offset: count('The offset it had there'),
    set_aside_at: instant('When it became a dead letter'),
    reason: words('Why, of a closed list'),
    field: words('The field that is wrong; empty when it is no one field'),
    store_id: words('As its bytes or its key name it, whether it is here or not; empty when they name none'),
    bytes: count('Of its value'),
    stub: yes('Whether it was too large for the topic of dead letters, so that only its digest is there'),
    state: z
      .enum(LETTER_STATES)
      .describe('lost: a replay did not find its bytes any more; erased: its visitor or customer was'),
    replay_of: orNull(words('The letter of which it is a replay that failed again')),
  })
  .meta({ id: 'DeadLetter', description: 'A record that could not be taken in' });
export type Letter = z.output<typeof letter>;

const letterPage = part('A page of dead letters, the newest first', {
  letters: list('The page', letter),
  total: count('How many are meant'),
  reasons: list(
    'How many there are, by reason',
    part('One reason', {
      reason: words('The reason'),
      open: count('Not replayed yet'),
      replayed: count('Replayed'),
      lost: count('Without their bytes'),
      erased: count('Of visitors or customers who were erased: neither shown nor replayed'),
    }),
  ),
  older: count('Letters too old to be looked at: the newest million are'),
  next_cursor: orNull(words('For the page after it; null when it is the last')),
}).meta({ id: 'DeadLetterPage' });
export type LetterPage = z.output<typeof letterPage>;

const bytes = (description: string) =>
  part(`${description}; null when there are none`, {
    encoding: z.enum(['utf8', 'base64']).describe('utf8 where they are text'),
    data: words('The bytes'),
  });

const shownLetter = letter
  .extend({
    topic: words('The topic it came from'),
    message: words('What was wrong'),
    remedy: words('What to do about it'),
    received_at: orNull(instant('When it was received; null when that is not known')),
    imported: yes('Whether it came by an import'),
    key: orNull(bytes('The key of the record')),
    value: orNull(bytes('Its value')),
    stub: orNull(
      part('What is known of a value that was too large; null when the value is here', {
        sha256: words('Its digest, hexadecimal'),
        bytes: count('Its size'),
      }),
    ),
    replay: orNull(count('The replay that came by; null when it is open')),
    lost_because: orNull(z.enum(['gone', 'too_large']).describe('Why it is lost; null when it is not')),
    failed_again_as: orNull(words('The letter that its replay became')),
  })
  .meta({ id: 'DeadLetterShown', description: 'A dead letter with its bytes' });
export type ShownLetter = z.output<typeof shownLetter>;

export const LIST_LETTERS = defineRoute({
  method: 'GET',
  path: '/dead-letters',
  summary: 'Dead letters, the newest first (admin)',
  query: z.strictObject({
    ...letterChoice,
    state: z.enum(LETTER_STATES).optional().describe('Those of that state'),
    limit: z.coerce.number().int().min(1).max(1_000).default(50).describe('How many, at most 1,000'),
    cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  }),
  body: NO_BODY,
  status: 200,
  answer: letterPage,
});

const UNKNOWN_LETTER = 'There is no such dead letter, or its visitor or customer was erased';

export const SHOW_LETTER = defineRoute({
  method: 'GET',
  path: '/dead-letters/letter',
  summary: 'One dead letter with its bytes, why it is one, and what to do about it (admin)',
  query: z.strictObject({ id: z.string().max(200).describe('Its id, or its short one') }),
  body: NO_BODY,
  status: 200,
  answer: shownLetter,
  refusals: { 404: UNKNOWN_LETTER },
});
