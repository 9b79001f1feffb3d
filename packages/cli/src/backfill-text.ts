import type { Backfill } from '@cartledger/operations';
import { type Column, table } from './output.ts';
import { printCount } from './span.ts';

export const STATE_WORDS: Record<Backfill['state'], string> = {
  writing: 'reading the log',
  copying: 'copying what the log does not have',
  clearing: 'removing what was erased',
  comparing: 'comparing',
  compared: 'compared',
  following: 'reading what has come meanwhile',
  draining: 'pausing partitions',
  catching_up: 'reading the rest',
  swapping: 'exchanging the tables',
  telling: 'telling the ledgers',
  done: 'done',
  unchanged: 'nothing differed',
  cancelled: 'given up',
};

const number = (name: string): Column => ({ name, align: 'right' });
const MONTHS: readonly Column[] = [
  { name: 'store' },
  { name: 'month' },
  ...['before', 'after', 'added', 'removed', 'changed'].map(number),
];
const PARTITIONS: readonly Column[] = ['partition', 'read from', 'to'].map(number);

type Compared = NonNullable<Backfill['compared']>;
const comparedText = ({ months, before, after, added, removed, changed }: Compared): string[] => [
  ...(months.length === 0
    ? []
    : [
        table(
          MONTHS,
          months.map((one) => [
            one.store_id,
            one.month,
            ...[one.before, one.after, one.added, one.removed, one.changed].map(printCount),
          ]),
        ),
      ]),
  `Kept events: ${printCount(before)} before, ${printCount(after)} after; ${printCount(added)} added, ${printCount(removed)} removed, ${printCount(changed)} changed.`,
];

const endOf = ({ state, dry_run, old_table, paused_seconds, told, former_lost }: Backfill): string[] => {
  if (state === 'compared' || (dry_run && state !== 'cancelled'))
    return ['The table stays as it is: this only compared.'];
  if (state === 'unchanged') return ['Nothing differs: the table stays as it is, and nothing was paused.'];
  if (state === 'cancelled') return ['It was given up: the table stays as it is.'];
  if (state !== 'done') return [`Not ended: ${STATE_WORDS[state]}.`];
  return [
    `The tables changed places; partitions were paused for ${paused_seconds ?? 0} s. Ledgers of ${printCount(told)} visitors are looked at anew.`,
    ...(former_lost
      ? [
          'The former table was dropped before it was compared to the end: not all whose events differ are known. Look with cartledger ingest audit and cartledger verify --store STORE.',
        ]
      : []),
    ...(old_table === null
      ? []
      : [`The former table is kept as ${old_table}, until: cartledger ingest backfill --drop-old`]),
  ];
};

/** The receipt, for a person. */
export const backfillText = (told: Backfill): string => {
  const { partitions, records, left_out, new_letters, copied, compared } = told;
  return [
    `Backfill ${told.backfill}, begun ${told.begun_at.slice(0, 19)}Z by key ${told.by}: ${STATE_WORDS[told.state]}`,
    table(
      PARTITIONS,
      partitions.map(({ partition, first_offset, position }) => [
        partition,
        first_offset,
        position > first_offset ? position - 1 : 'none',
      ]),
    ),
    `${printCount(records)} records read, ${printCount(left_out)} of them dead letters, erased, or older than is kept${new_letters === 0 ? '' : ` (${printCount(new_letters)} letters are new)`}; ${printCount(copied)} rows copied of records that the log does not have.`,
    ...(compared === null ? [] : comparedText(compared)),
    ...endOf(told),
  ].join('\n');
};

const COLUMNS: readonly Column[] = [
  number('backfill'),
  { name: 'begun (UTC)' },
  { name: 'state' },
  ...['records', 'added', 'removed', 'changed'].map(number),
  { name: 'former table' },
];

export const backfillsTable = (all: readonly Backfill[]): string =>
  table(
    COLUMNS,
    all.map(({ backfill, begun_at, state, records, compared, old_table }) => [
      backfill,
      begun_at.slice(0, 19).replace('T', ' '),
      STATE_WORDS[state],
      printCount(records),
      ...[compared?.added, compared?.removed, compared?.changed].map((n) => (n === undefined ? null : printCount(n))),
      old_table,
    ]),
  );
