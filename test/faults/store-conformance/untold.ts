import { EVENT_COLUMNS, visitorsAtEnds, visitorsOfRange } from '@cartledger/ingest/testing';
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
    test('visitors at the ends are those of the own partition, and for the first one those of every earlier topic', async () => {
      const store_id = suite.newStore();
      const [now, before] = [`${store_id}-now`, `${store_id}-before`];
      const far = 9_007_199_254_740_993n;
      await insert(store_id, now, [
        ['v1', 0, 3n],
        ['v2', 0, 4n],
        ['v3', 0, 6n],
        ['v4', 1, 9n],
      ]);
      await insert(store_id, before, [
        ['v5', 0, far],
        ['v6', 0, far - 2n],
        ['v7', 0, far - 3n],
        ['v8', 5, 1n],
      ]);
      const told = async (log_partition: number) =>
        (await suite.clickhouse.query(visitorsAtEnds, { log_epoch: now, log_partition, reach: 3 }))
          .filter((one) => one.store_id === store_id)
          .map(({ visitor_hash }) => visitor_hash);
      const hashes = (...ids: string[]) => ids.map((id) => hasher.visitorNode(id)).toSorted((a, b) => (a < b ? -1 : 1));
      expect(await told(0)).toEqual(hashes('v2', 'v3', 'v5', 'v6', 'v8'));
      expect(await told(1)).toEqual(hashes('v4'));
      expect(await told(2)).toEqual([]);
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
      const told = await suite.clickhouse.query(visitorsOfRange, { log_epoch, log_partition: 0, from: 4n, to: 8n });
      expect(told).toEqual([...visitors(a, ['v2']), ...visitors(b, ['v1', 'v2'])]);
    });
  });
};
