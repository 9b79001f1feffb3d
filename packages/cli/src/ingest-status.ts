import { z } from 'zod';
import { type Cell, type Column, plain, table } from './output.ts';
import { printCount, printSpan } from './span.ts';

const partition = z.object({
  partition: z.number(),
  topic_epoch: z.string(),
  assignment_epoch: z.number().nullable(),
  state: z.enum(['reading', 'waiting', 'blocked', 'elsewhere']),
  since: z.string().nullable(),
  why: z
    .object({
      step: z.string().optional(),
      code: z.string(),
      message: z.string().optional(),
      first_offset: z.number().optional(),
      last_offset: z.number().optional(),
    })
    .nullable(),
  position: z.number(),
  end: z.number(),
  lag_events: z.number(),
  lag_seconds: z.number().nullable(),
});
type Partition = z.infer<typeof partition>;

export const receipt = z.object({
  id: z.string(),
  partition: z.number(),
  first_offset: z.number(),
  last_offset: z.number(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
});
export type Receipt = z.infer<typeof receipt>;

export const statusAnswer = z.object({
  topic: z.string(),
  group: z.string(),
  at: z.string(),
  ready: z.boolean(),
  reason: z.string().nullable(),
  draining_since: z.string().nullable().optional(),
  partitions: z.array(partition),
  quarantined: z.array(receipt),
});
export type Status = z.infer<typeof statusAnswer>;

const STATES = { reading: 'reading', waiting: 'waiting on store', blocked: 'blocked', elsewhere: 'not here' } as const;

/** What is waited for, by the step that waits. */
const WAITED_FOR: Readonly<Record<string, string>> = {
  server_check: 'ClickHouse, to check its settings',
  topic: 'the event log, to tell which topic it reads',
  quarantine: 'the control store',
  stores: 'the control store',
  dead_letters: 'the dead-letter topic',
  events: 'ClickHouse, to write events',
  touches: 'ClickHouse, to write touches',
  intake: 'ClickHouse, to write counts',
};

const COLUMNS: readonly Column[] = [
  { name: 'partition', align: 'right' },
  { name: 'state' },
  { name: 'for', align: 'right' },
  { name: 'position', align: 'right' },
  { name: 'end', align: 'right' },
  { name: 'lag', align: 'right' },
  { name: 'behind', align: 'right' },
  { name: 'epoch', align: 'right' },
];

const secondsSince = (since: string, at: string): number =>
  Math.max(0, Math.round((Date.parse(at) - Date.parse(since)) / 1_000));

const rowOf = (one: Partition, at: string): Cell[] => [
  one.partition,
  STATES[one.state],
  one.since === null ? null : printSpan(secondsSince(one.since, at)),
  printCount(one.position),
  printCount(one.end),
  printCount(one.lag_events),
  one.lag_seconds === null ? null : printSpan(one.lag_seconds),
  one.assignment_epoch,
];

/** Why a partition does not read, and what can be done about it. */
const explanation = ({ partition, state, since, why }: Partition, at: string): string[] => {
  if (why === null || since === null) return [];
  const span = printSpan(secondsSince(since, at));
  if (state === 'waiting') {
    const what = WAITED_FOR[why.step ?? ''] ?? why.step;
    return [`Partition ${partition} has waited ${span} for ${what} (${why.code}).`];
  }
  const [first, last] = [why.first_offset ?? 0, why.last_offset ?? 0];
  return [
    `Partition ${partition} has been blocked for ${span} at offsets ${first} to ${last}: ${plain(why.message ?? why.code)}`,
    `  Set what is bad of it aside: cartledger ingest quarantine --partition ${partition} --from ${first} --to ${last} --reason TEXT`,
  ];
};

const rangeOf = ({ first_offset, last_offset }: Receipt): string =>
  first_offset === last_offset ? `offset ${first_offset}` : `offsets ${first_offset} to ${last_offset}`;

export const receiptLine = (receipt: Receipt): string =>
  `${receipt.id}: partition ${receipt.partition}, ${rangeOf(receipt)}, ${receipt.at.slice(0, 19)}Z by key ${receipt.by}: ${plain(receipt.reason)}`;

/** The status for a person. */
export const statusText = (status: Status): string => {
  const { topic, group, at, ready, reason, draining_since, partitions, quarantined } = status;
  const epochs = [...new Set(partitions.map(({ topic_epoch }) => topic_epoch))].join(', ');
  return [
    `${topic} (${epochs}), group ${group}: ${ready ? 'ready' : `not ready: ${reason}`}`,
    table(
      COLUMNS,
      partitions.map((one) => rowOf(one, at)),
    ),
    ...partitions.flatMap((one) => explanation(one, at)),
    ...(draining_since
      ? [
          `Drained as ordered since ${draining_since.slice(0, 19)}Z: nothing is fetched until: cartledger ingest drain --resume`,
        ]
      : []),
    ...(quarantined.length === 0 ? [] : ['Set aside:', ...quarantined.map((one) => `  ${receiptLine(one)}`)]),
  ].join('\n');
};
