import { lastGeneration, visitorsAtEnds, visitorsOfRange } from '@cartledger/ingest/testing';
import { answer } from '../answer.ts';
import { big, int, type Row, text } from '../value.ts';
import { ascending, largest } from './sets.ts';

/** Each once, by store and hash. */
const visitorsOf = (rows: readonly Row[]): { store_id: string; visitor_hash: string }[] =>
  [...Map.groupBy(rows, (row) => text(row, 'store_id'))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([store_id, mine]) =>
      ascending(mine.map((row) => big(row, 'visitor_hash'))).map((node) => ({ store_id, visitor_hash: `${node}` })),
    );

export const INGEST = [
  answer(lastGeneration, (from, { log_epoch, log_partition }) => {
    const runs = from.table('intake_runs').raw();
    const mine = runs.filter(
      (run) => text(run, 'log_epoch') === log_epoch && int(run, 'log_partition') === log_partition,
    );
    return [{ generation: `${largest(mine.map((run) => big(run, 'generation')))}` }];
  }),
  answer(visitorsAtEnds, (from, { log_epoch, log_partition, reach }) => {
    const partitions = Map.groupBy(
      from.table('events').raw(),
      (row) => `${text(row, 'log_epoch')} ${int(row, 'log_partition')}`,
    );
    const isAsked = (row: Row): boolean =>
      text(row, 'log_epoch') === log_epoch ? int(row, 'log_partition') === log_partition : log_partition === 0;
    return visitorsOf(
      [...partitions.values()].flatMap((rows) => {
        const last = largest(rows.map((row) => big(row, 'log_offset')));
        return rows.filter((row) => isAsked(row) && big(row, 'log_offset') + BigInt(reach) > last);
      }),
    );
  }),
  answer(visitorsOfRange, (server, { log_epoch, log_partition, from, to }) =>
    visitorsOf(
      server
        .table('events')
        .raw()
        .filter((row) => text(row, 'log_epoch') === log_epoch && int(row, 'log_partition') === log_partition)
        .filter((row) => big(row, 'log_offset') >= from && big(row, 'log_offset') < to),
    ),
  ),
];
