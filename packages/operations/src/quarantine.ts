import { z } from 'zod';
import { count, instant, list, part, words, yes } from './parts.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

export const receipt = z
  .object({
    id: words('Names the receipt'),
    topic_epoch: words('The id of the topic it is of'),
    partition: count('The partition'),
    first_offset: count('First offset of the range'),
    last_offset: count('Last offset of it'),
    reason: words('Why, as it was given'),
    by: words('The id of the key it was asked for with'),
    at: instant('When it was set aside'),
  })
  .meta({ id: 'QuarantineReceipt', description: 'A range of a partition that is dead-lettered unread' });
export type Receipt = z.output<typeof receipt>;

const present = yes('Whether the topic is the one that is read now');

export const LIST_QUARANTINE = defineRoute({
  method: 'GET',
  path: '/quarantine',
  summary: 'What is set aside (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: part('What is set aside', {
    quarantined: list('Oldest first', receipt.extend({ present }).describe('One range')),
  }),
});

const offset = z.int().min(0);

export const SET_ASIDE = defineRoute({
  method: 'POST',
  path: '/quarantine',
  summary: 'Set a bad range of a partition aside (admin)',
  description:
    'Its records become dead letters with the reason `quarantined`, unread, and what follows them flows. A partition that a batch of the range blocks goes on at once.',
  query: NO_QUERY,
  body: z
    .strictObject({
      partition: offset.describe('The partition'),
      first_offset: offset.describe('First offset of the range'),
      last_offset: offset.describe('Last offset, which is of it too; below the end of the partition'),
      reason: z.string().trim().min(1).max(200).describe('Why: it is in the receipt and in each letter'),
    })
    .describe('The range'),
  status: 201,
  answer: receipt
    .extend({
      present,
      records_before_position: count('Offsets of it that had been taken in before: what is in the store stays there'),
      records_ahead: count('Offsets of it that will go to the dead letters'),
    })
    .describe('The receipt'),
});
