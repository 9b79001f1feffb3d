import { z } from 'zod';
import { count, list, moment, part, wholeNumber, words, yes } from './parts.ts';
import { defineRoute, NO_BODY } from './route.ts';

const partition = part('One partition', {
  partition: count('The partition'),
  first_offset: count('First offset looked at'),
  end_offset: count('The offset after the last one looked at'),
  records: count('Records read of the log: the sum of kept, repeats, dead letters, erased, expired and missing'),
  kept: count('Its own row is there'),
  repeats: count('Its event is there by another delivery, which comes before it'),
  dead_letters: count('It is a dead letter'),
  erased: count('Its visitor or customer was erased'),
  expired: count('It happened longer ago than its store keeps, and was removed'),
  missing: count('None of these'),
  counted_twice: count('Of those kept: rows of several events were made of one delivery'),
  lost_to_retention: count('Offsets that retention removed before they were read'),
  not_in_the_log: count('Offsets asked for that the log does not hold any more'),
  in_flight: count('Offsets asked for that are not taken in yet, and not looked at'),
});
export type AuditedPartition = z.output<typeof partition>;

const finding = part('One finding', {
  partition: count('The partition'),
  offset: count('The offset'),
  what: z.enum(['missing', 'counted_twice', 'lost_to_retention']).describe('What is wrong with it'),
  reason: words('Why it is called so'),
  remedy: words('What to do: a command, or a sentence'),
});

export const auditReport = z
  .object({
    type: z.literal('report').describe('The last line'),
    topic_epoch: words('The id of the topic'),
    clean: yes('Nothing is missing, counted twice or lost'),
    seconds: z.number().describe('How long it took'),
    partitions: list('By number', partition),
    findings: list('The first hundred', finding),
  })
  .meta({ id: 'AuditReport', description: 'What became of each record of a range of the log' });
export type AuditReport = z.output<typeof auditReport>;

const auditProgress = z
  .object({
    type: z.literal('progress').describe('How far it is'),
    done: count('Offsets looked at'),
    total: count('Offsets to look at'),
    records: count('Records read'),
    missing: count('Of them missing'),
  })
  .meta({ id: 'AuditProgress', description: 'A line on the way, every half second' });
export type AuditProgress = z.output<typeof auditProgress>;

const auditError = z
  .object({
    type: z.literal('error').describe('It ends here, without a report'),
    message: words('Why it was not brought to its end'),
  })
  .meta({ id: 'AuditError', description: 'The last line of an audit that failed' });

const auditLine = z.union([auditProgress, auditReport, auditError]);
export type AuditLine = z.output<typeof auditLine>;

const offset = (description: string) => wholeNumber(description, 18).transform(BigInt);

export const AUDIT = defineRoute({
  method: 'GET',
  path: '/audit',
  summary: 'Read the log again and prove what became of each record (admin)',
  description:
    'Each record must be in the store by its own row, be a repeat of an event that is, be a dead letter, be erased or be older than its store keeps. An audit whose reader goes away ends.',
  query: z
    .strictObject({
      partition: wholeNumber('This partition only', 6).transform(Number),
      first_offset: offset('From this offset on; default: the first that the log holds'),
      last_offset: offset('To this offset, which is looked at too; default: the last that is taken in'),
      since: moment.describe('From the first record of that time or later, RFC 3339; not with first_offset'),
    })
    .partial()
    .refine(
      ({ first_offset, since }) => first_offset === undefined || since === undefined,
      'first_offset and since exclude each other',
    ),
  body: NO_BODY,
  status: 200,
  answer: auditLine,
  isStream: true,
  refusals: { 409: 'Another audit is running here; wait as Retry-After says' },
});
