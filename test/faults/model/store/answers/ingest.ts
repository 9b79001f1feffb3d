import { lastGeneration, writtenEnds, writtenVisitors } from '@cartledger/ingest/testing';
import { answer } from '../answer.ts';
import { big, int, text } from '../value.ts';
import { ascending, largest } from './sets.ts';

export const INGEST = [
  answer(lastGeneration, (from, { log_epoch, log_partition }) => {
    const runs = from.table('intake_runs').raw();
    const mine = runs.filter(
      (run) => text(run, 'log_epoch') === log_epoch && int(run, 'log_partition') === log_partition,
    );
    return [{ generation: `${largest(mine.map((run) => big(run, 'generation')))}` }];
  }),
  answer(writtenEnds, (from) => {
    const rows = from.table('events').raw();
    const partitions = Map.groupBy(rows, (row) => `${text(row, 'log_epoch')} ${int(row, 'log_partition')}`);
    return [...partitions.values()]
      .flatMap((mine) =>
        mine.slice(0, 1).map((row) => ({ row, last: largest(mine.map((each) => big(each, 'log_offset'))) })),
      )
      .map(({ row, last }) => ({
        log_epoch: text(row, 'log_epoch'),
        log_partition: int(row, 'log_partition'),
        last: `${last}`,
      }))
      .toSorted((a, b) =>
        a.log_epoch === b.log_epoch ? a.log_partition - b.log_partition : a.log_epoch < b.log_epoch ? -1 : 1,
      );
  }),
  answer(writtenVisitors, (server, { log_epoch, log_partition, from, to }) => {
    const mine = server
      .table('events')
      .raw()
      .filter((row) => text(row, 'log_epoch') === log_epoch && int(row, 'log_partition') === log_partition)
      .filter((row) => big(row, 'log_offset') >= from && big(row, 'log_offset') < to);
    const stores = Map.groupBy(mine, (row) => text(row, 'store_id'));
    return [...stores]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([store_id, rows]) =>
        ascending(rows.map((row) => big(row, 'visitor_hash'))).map((node) => ({ store_id, visitor_hash: `${node}` })),
      );
  }),
];
