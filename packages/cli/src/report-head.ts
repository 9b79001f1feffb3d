import type { RefundsOn, ReportHead } from '@cartledger/funnel';
import { say } from './output.ts';

const REFUNDS: Record<RefundsOn, string> = {
  refund: 'refunds on their own day',
  order: 'refunds on the day of their order',
};

type Head = ReportHead & { refunds_on?: RefundsOn };

/**
 * Store, period, zone and as-of of a report or of an explanation: no figure stands without them. With a table on standard
 * output, for whoever keeps that; beside CSV on the other stream, out of the way of what a program reads, as warnings are.
 */
export const printHead = (head: Head, format: 'table' | 'csv', write: (text: string) => void): void => {
  const versions = head.definition_versions;
  const line =
    `${head.store_id}: ${head.from} to ${head.to}, ${head.timezone}, as of ${head.as_of}` +
    (versions.length === 1 && versions[0] === 1 ? '' : `, definition version ${versions.join(', ')}`) +
    (head.refunds_on === undefined ? '' : `, ${REFUNDS[head.refunds_on]}`) +
    (head.open_from === null ? '' : `; days from ${head.open_from} on may still move`);
  if (format === 'table') write(`${line}\n`);
  else say(line);
  for (const { message } of head.warnings) say(`warning: ${message}`);
};
