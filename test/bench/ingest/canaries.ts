/** Events that say when they were sent, looked for in the store until they are there. */
import { setTimeout as delay } from 'node:timers/promises';
import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { createHasher } from '@cartledger/events';
import { Partitioners } from 'kafkajs';
import { z } from 'zod';
import { STORE } from './store.ts';

/** Between two looks: what was there at once is found so much later. */
const EVERY_MS = 50;

const partitioner = Partitioners.DefaultPartitioner();

/** A visitor for each partition, whose events go there. */
export const canaryVisitors = (partitions: number): string[] => {
  const metadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  const partitionOf = (visitor: string): number =>
    partitioner({
      topic: '',
      partitionMetadata: metadata,
      message: { key: `${STORE.store_id}:${visitor}`, value: null },
    });
  return metadata.map(({ partitionId }) => {
    for (let n = 0; ; n++) if (partitionOf(`canary-${n}`) === partitionId) return `canary-${n}`;
  });
};

// The first columns of the sort key: a few granules, however large the table.
const seen = defineQuery({
  name: 'bench.canaries',
  sql: `SELECT event_id, visitor_hash AS hash, toUnixTimestamp64Milli(received_at) AS at FROM events
    WHERE store_id = {store_id:String} AND visitor_hash IN {hashes:Array(UInt64)}
      AND received_at >= fromUnixTimestamp64Milli(transform(visitor_hash, {hashes:Array(UInt64)}, {newest:Array(Int64)}, toInt64(0)))`,
  params: z.object({ store_id: z.string(), hashes: z.array(z.bigint()), newest: z.array(z.number()) }),
  row: z.object({ event_id: z.string(), hash: bigInteger, at: z.coerce.number() }),
});

type Sighting = { sentAt: number; latencyMs: number };

/** Watches until it is disposed of; each sighting is an upper bound of the time from produce to queryable. */
export const watchCanaries = async (clickhouse: ClickHouse, visitors: readonly string[]) => {
  const hasher = await createHasher();
  const newest = new Map(visitors.map((visitor) => [hasher.visitorNode(visitor), 0]));
  const found = new Map<string, Sighting>();
  let stopped = false;

  const look = async (): Promise<void> => {
    const rows = await clickhouse.query(seen, {
      store_id: STORE.store_id,
      hashes: [...newest.keys()],
      newest: [...newest.values()],
    });
    const now = performance.timeOrigin + performance.now();
    for (const { event_id, hash, at } of rows) {
      newest.set(hash, Math.max(newest.get(hash) ?? 0, at));
      if (found.has(event_id)) continue;
      const sentAt = Number(event_id.split('_')[3]);
      found.set(event_id, { sentAt, latencyMs: now - sentAt });
    }
  };

  const watching = (async () => {
    while (!stopped) {
      const begun = performance.now();
      await look();
      await delay(Math.max(0, EVERY_MS - (performance.now() - begun)));
    }
  })();

  return {
    /** Of those sent at or after a time, ms UTC. */
    latenciesSince: (since: number): number[] =>
      [...found.values()].filter(({ sentAt }) => sentAt >= since).map(({ latencyMs }) => latencyMs),
    get found() {
      return found.size;
    },
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await watching;
    },
  };
};
