import type { AuditedPartition, AuditReport } from '@cartledger/operations';
import { type Column, plain, table } from './output.ts';
import { printCount } from './span.ts';

const COLUMNS: readonly Column[] = [
  'partition',
  'offsets',
  'records',
  'kept',
  'repeats',
  'dead letters',
  'erased',
  'expired',
  'missing',
  'twice',
  'lost',
].map((name) => ({ name, align: 'right' }));

const offsetsOf = ({ first_offset, end_offset }: AuditedPartition): string =>
  end_offset > first_offset ? `${first_offset} to ${end_offset - 1}` : 'none';

const rowOf = (one: AuditedPartition) => [
  one.partition,
  offsetsOf(one),
  printCount(one.records),
  printCount(one.kept),
  printCount(one.repeats),
  printCount(one.dead_letters),
  printCount(one.erased),
  printCount(one.expired),
  printCount(one.missing),
  printCount(one.counted_twice),
  printCount(one.lost_to_retention),
];

const leftOut = ({ partition, in_flight, not_in_the_log }: AuditedPartition): string[] => [
  ...(in_flight > 0
    ? [`Partition ${partition}: ${printCount(in_flight)} offsets are not taken in yet, and not looked at.`]
    : []),
  ...(not_in_the_log > 0
    ? [
        `Partition ${partition}: ${printCount(not_in_the_log)} offsets are not in the log any more: they cannot be proved.`,
      ]
    : []),
];

const WHAT = { missing: 'missing', counted_twice: 'counted twice', lost_to_retention: 'lost' } as const;

/** The report for a person: what was looked at, what is wrong and what to do about it. */
export const auditText = ({ clean, seconds, partitions, findings }: AuditReport): string => {
  const records = partitions.reduce((sum, one) => sum + one.records, 0);
  const wrong = partitions.reduce((sum, one) => sum + one.missing + one.counted_twice, 0);
  const verdict = clean ? 'every one is accounted for.' : `${printCount(wrong)} are not accounted for.`;
  const more = wrong > findings.length ? [`... and ${printCount(wrong - findings.length)} more.`] : [];
  return [
    table(COLUMNS, partitions.map(rowOf)),
    ...partitions.flatMap(leftOut),
    ...findings.flatMap((one) => [
      `Partition ${one.partition}, offset ${one.offset}: ${WHAT[one.what]}: ${plain(one.reason)}.`,
      `  ${one.remedy}`,
    ]),
    ...more,
    `${printCount(records)} records read in ${seconds} s: ${verdict}`,
  ].join('\n');
};
