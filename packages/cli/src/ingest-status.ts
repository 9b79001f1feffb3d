import type { PartitionStatus, Receipt, Status } from '@cartledger/operations';
import { type Cell, type Column, plain, table } from './output.ts';
import { printCount, printSpan } from './span.ts';

const STATES = {
  reading: 'reading',
  waiting: 'waiting on store',
  blocked: 'blocked',
  drained: 'drained',
  unknown: 'unknown',
} as const;

/** What is waited for, by the step that waits. */
const WAITED_FOR = {
  server_check: 'ClickHouse, to check its settings',
  positions: 'the control store',
  topic: 'the event log, to tell which topic it reads',
  quarantine: 'the control store',
  tombstones: 'the control store',
  stores: 'the control store',
  dead_letters: 'the dead-letter topic',
  events: 'ClickHouse, to write events',
  touches: 'ClickHouse, to write touches',
  intake: 'ClickHouse, to write counts',
} as const;

const COLUMNS: readonly Column[] = [
  { name: 'partition', align: 'right' },
  { name: 'state' },
  { name: 'for', align: 'right' },
  { name: 'position', align: 'right' },
  { name: 'end', align: 'right' },
  { name: 'lag', align: 'right' },
  { name: 'behind', align: 'right' },
  { name: 'epoch', align: 'right' },
  { name: 'worker' },
  { name: 'heard', align: 'right' },
];

const secondsSince = (since: string, at: string): number =>
  Math.max(0, Math.round((Date.parse(at) - Date.parse(since)) / 1_000));

const rowOf = (one: PartitionStatus, at: string): Cell[] => [
  one.partition,
  STATES[one.state],
  one.since === null ? null : printSpan(secondsSince(one.since, at)),
  printCount(one.position),
  printCount(one.end),
  printCount(one.lag_events),
  one.lag_seconds === null ? null : printSpan(one.lag_seconds),
  one.assignment_epoch,
  one.worker === null ? null : plain(one.worker),
  one.told_at === null ? null : printSpan(secondsSince(one.told_at, at)),
];

/** Why a partition does not read, and what can be done about it. */
const explanation = ({ partition, since, why }: PartitionStatus, at: string): string[] => {
  if (why === null || since === null) return [];
  const span = printSpan(secondsSince(since, at));
  if ('step' in why) return [`Partition ${partition} has waited ${span} for ${WAITED_FOR[why.step]} (${why.code}).`];
  const { first_offset: first, last_offset: last, message } = why;
  return [
    `Partition ${partition} has been blocked for ${span} at offsets ${first} to ${last}: ${plain(message)}`,
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
    ...(draining_since !== null
      ? [
          `Drained as ordered since ${draining_since.slice(0, 19)}Z: nothing is fetched until: cartledger ingest drain --resume`,
        ]
      : []),
    ...(quarantined.length === 0 ? [] : ['Set aside:', ...quarantined.map((one) => `  ${receiptLine(one)}`)]),
  ].join('\n');
};
