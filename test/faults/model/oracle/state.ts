import { type DeadLetter, decodeDeadLetter, type LogRecord } from '@cartledger/event-log';
import { identityOf } from './truth.ts';

export type Row = Readonly<Record<string, unknown>>;

/** The identity a row of `events` or a dead letter says it has. */
export const identityOfRow = (row: Row): string =>
  identityOf(String(row.log_epoch), Number(row.log_partition), Number(row.log_offset));

export const keyOfRow = (row: Row): string =>
  `${row.store_id} ${row.visitor_id} ${row.event_id} ${new Date(Number(row.occurred_at)).toISOString().slice(0, 7)}`;

export type Letter = DeadLetter & { identity: string };

/** A letter that is none is a defect. */
export const letterOf = (record: LogRecord): Letter => {
  const letter = decodeDeadLetter(record);
  if (letter === null) throw new Error('the dead-letter topic holds what is no dead letter');
  const { topicEpoch, partition, offset } = letter.origin;
  return { ...letter, identity: identityOf(topicEpoch, partition, offset) };
};

/** What the view intake_counts makes of its tables, summed by `store quarter measure`. */
export const intakeCounts = (intake: readonly Row[], runs: readonly Row[]): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const row of intake) {
    const later = runs
      .filter((run) => run.log_epoch === row.log_epoch && run.log_partition === row.log_partition)
      .filter((run) => Number(run.generation) > Number(row.generation));
    const nextStart = Math.min(...later.map(({ start_offset }) => Number(start_offset)));
    const [before, last] = [Number(row.counted_before), Number(row.counted)];
    const isMax = row.measure === 'clock_error_max_ms';
    const whole = isMax ? Math.max(before, last) : before + last;
    const part = Number(row.first_offset) < nextStart ? before : 0;
    const n = Number(row.batch_offset) < nextStart ? whole : part;
    const key = `${row.store_id} ${new Date(Number(row.quarter)).toISOString().slice(0, 16)} ${row.measure}`;
    const sum = sums.get(key) ?? 0;
    sums.set(key, isMax ? Math.max(sum, n) : sum + n);
  }
  return sums;
};
