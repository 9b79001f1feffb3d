import { EVENT_COLUMNS, writtenEnds, writtenVisitors } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import type { Suite } from './harness.ts';
import { eventRow, hasher } from './samples.ts';

const byNode = (a: { visitor_hash: bigint }, b: { visitor_hash: bigint }): number =>
  a.visitor_hash < b.visitor_hash ? -1 : 1;

export const untoldSection = (suite: Suite): void => {
  const insert = (store_id: string, log_epoch: string, places: readonly (readonly [string, number, bigint])[]) =>
    suite.clickhouse.insertNative(
      'events',
      EVENT_COLUMNS,
      places.map(([visitor_id, log_partition, log_offset]) =>
        eventRow({
          store_id,
          visitor_id,
          event_id: `${log_partition} ${log_offset}`,
          log_epoch,
          log_partition,
          log_offset,
        }),
      ),
    );

  describe('rows that may be without touches', () => {
    test('each partition ends at its last row, in each life of the topic', async () => {
      const store_id = suite.newStore();
      const [first, second] = [`${store_id}-1`, `${store_id}-2`];
      await insert(store_id, second, [['v', 0, 3n]]);
      await insert(store_id, first, [
        ['v', 1, 9_007_199_254_740_993n],
        ['v', 0, 7n],
        ['v', 0, 5n],
      ]);
      const ends = await suite.clickhouse.query(writtenEnds, {});
      expect(ends.filter(({ log_epoch }) => log_epoch === first || log_epoch === second)).toEqual([
        { log_epoch: first, log_partition: 0, last: 7n },
        { log_epoch: first, log_partition: 1, last: 9_007_199_254_740_993n },
        { log_epoch: second, log_partition: 0, last: 3n },
      ]);
    });

    test('visitors of a range of records are told once each, by store', async () => {
      const a = suite.newStore();
      const b = `${a}-b`;
      const log_epoch = `${a}-life`;
      await insert(b, log_epoch, [
        ['v1', 0, 4n],
        ['v2', 0, 5n],
      ]);
      await insert(a, log_epoch, [
        ['v1', 0, 3n],
        ['v2', 0, 6n],
        ['v2', 0, 7n],
        ['v3', 0, 8n],
        ['v4', 1, 5n],
      ]);
      await insert(a, `${log_epoch}-other`, [['v5', 0, 5n]]);
      const visitors = (store_id: string, ids: readonly string[]) =>
        ids.map((id) => ({ store_id, visitor_hash: hasher.visitorNode(id) })).toSorted(byNode);
      const told = await suite.clickhouse.query(writtenVisitors, { log_epoch, log_partition: 0, from: 4n, to: 8n });
      expect(told).toEqual([...visitors(a, ['v2']), ...visitors(b, ['v1', 'v2'])]);
    });
  });
};
