import { z } from 'zod';
import { count, instant, list, orNull, part, words, yes } from './parts.ts';
import { receipt } from './quarantine.ts';
import { defineRoute, NO_BODY, NO_QUERY } from './route.ts';

const waiting = part('Of one that waits', {
  step: z
    .enum([
      'server_check',
      'positions',
      'topic',
      'quarantine',
      'tombstones',
      'stores',
      'dead_letters',
      'events',
      'intake',
      'touches',
    ])
    .describe('What it waits to do'),
  code: words('The last failure'),
});

const blocked = part('Of one that is blocked', {
  code: words('The failure'),
  message: words('The failure in its own words'),
  first_offset: count('First offset of the batch that fails'),
  last_offset: count('Last offset of it'),
});

const partition = part('One partition', {
  partition: count('The partition'),
  worker: orNull(words('Who told of it last: host and process; null when nobody ever has')),
  told_at: orNull(instant('When; of the worker that is asked: now')),
  topic_epoch: words('The id of the topic that is read'),
  assignment_epoch: orNull(count('How often its worker was given partitions; null when that is unknown')),
  state: z
    .enum(['reading', 'waiting', 'blocked', 'drained', 'unknown'])
    .describe(
      'waiting: for a store; blocked: by a batch that fails by itself; drained: as ordered, nothing is fetched; unknown: no worker has told of it for 15 s',
    ),
  since: orNull(instant('When it came into that state; null when that is unknown')),
  why: z
    .union([waiting, blocked])
    .nullable()
    .describe('Why it does not read; null when it reads, is drained or unknown'),
  position: count('The offset after the last record that is in the store'),
  earliest: count('The first offset that the log holds'),
  end: count('The offset after its last'),
  lag_events: count('Records it has before it'),
  lag_seconds: orNull(count('How long ago it was read to its end; null when it never was, 0 without lag')),
  taken_in_up_to: orNull(instant('All that had come until then is in the store; null when that is not known')),
});
export type PartitionStatus = z.output<typeof partition>;

/** What a worker says of a partition that it has. */
export const partitionWord = partition.pick({
  topic_epoch: true,
  assignment_epoch: true,
  state: true,
  since: true,
  why: true,
});
export type PartitionWord = z.output<typeof partitionWord>;

export const statusAnswer = z
  .object({
    topic: words('The topic of the events'),
    group: words('The consumer group'),
    at: instant('When this was the case'),
    ready: yes('Whether this worker takes events in'),
    reason: orNull(words('Why it does not')),
    draining_since: orNull(instant('Since when an operator has ordered that nothing is fetched; null: nobody has')),
    partitions: list('By number', partition),
    quarantined: list('Ranges set aside of this life of the topic', receipt),
  })
  .meta({ id: 'IngestStatus', description: 'Where ingest stands' });
export type Status = z.output<typeof statusAnswer>;

export const SHOW_STATUS = defineRoute({
  method: 'GET',
  path: '/status',
  summary: 'Where each partition of the log stands (admin)',
  query: NO_QUERY,
  body: NO_BODY,
  status: 200,
  answer: statusAnswer,
});
