/** A world in which a store keeps what it knows for some time only, and what is left of it. */
import type { Delivery } from '@cartledger/events';
import { DAY_MS, type Definition } from '@cartledger/funnel';
import { createReports } from '@cartledger/reports';
import { inject } from 'vitest';
import { z } from 'zod';
import { add, event, order } from './aggregator-events.ts';
import { createFaultyWorld } from './aggregator-faulty.ts';

/** Of a store that keeps forty days, and takes in nothing older than thirty. */
export const KEEPS = { max_age_days: 30, retention_days: 40 } as const;
export const DAY = 1_440;
/** Events begin then, at ten o'clock. */
export const FIRST = Date.parse('2027-01-10T00:00:00Z');
export const dayAt = (n: number): string => new Date(FIRST + n * DAY_MS).toISOString().slice(0, 10);

/** Behind all that happens here, so that nothing is open. */
export const AS_OF = FIRST + 400 * DAY_MS;
/** How often retention of a store takes a run before it is through. */
export const MAX_RUNS = 60;
export const pageVisitors = 2;

/** Who goes, and who stays though some of his events are as old. */
export const shop = (store_id: string): Delivery[] => {
  const of = (visitor_id: string, more: Partial<Delivery> = {}) => ({ store_id, visitor_id, ...more });
  return [
    event(0, 'visit', of('bought')),
    add(1, of('bought')),
    order(3, 'o-bought', of('bought', { customer_id: 'C-1' })),
    add(10, of('left')),
    // One component, last heard of on day 3.
    add(20, of('device', { cart_id: 'shared' })),
    order(3 * DAY, 'o-shared', of('other device', { cart_id: 'shared' })),
    // Ordered again, as somebody else to us: his first order keeps the second from being a new buyer's.
    order(30, 'o-first', of('returning', { customer_id: 'C-2' })),
    order(45 * DAY, 'o-second', of('returned', { customer_id: 'C-2' })),
    // Still there.
    add(40, of('lives')),
    event(20 * DAY, 'visit', of('lives')),
    order(50 * DAY, 'o-lives', of('lives')),
    add(30 * DAY, of('recent')),
    add(49 * DAY, of('newest')),
  ];
};
export const KEPT = ['lives', 'newest', 'recent', 'returned', 'returning'];

export const openRetention = async () => {
  const world = await createFaultyWorld(inject('clickhouseUrl'));
  const reports = createReports({ clickhouse: world.clickhouse });

  const ask = <T extends z.ZodType>(sql: string, row: T) =>
    world.clickhouse.query({ name: 'test.retention', sql, params: z.object({}), row }, {});

  const visitorsOf = async (store_id: string, table: 'events' | 'ledger_rows'): Promise<string[]> => {
    const sql = `SELECT DISTINCT visitor_id FROM ${table} WHERE store_id = '${store_id}' AND visitor_id != '' ORDER BY visitor_id`;
    return (await ask(sql, z.object({ visitor_id: z.string() }))).map(({ visitor_id }) => visitor_id);
  };
  const countOf = async (store_id: string, table: string): Promise<number> => {
    const [row] = await ask(
      `SELECT count() AS n FROM ${table} WHERE store_id = '${store_id}'`,
      z.object({ n: z.coerce.number() }),
    );
    return row?.n ?? 0;
  };
  const restatementsOf = (store_id: string) => reports.restatements({ store_id });

  /** All that counts on the first days, some of them each for itself. */
  const figuresOf = async (store_id: string, days: number) => {
    const store = await world.control.stores.get(store_id);
    if (!store) throw new Error('no store');
    const { versions } = store;
    const told: unknown[] = [];
    const last = days - 1;
    const periods = [
      ...[0, 1, 2, 3, 11, last].map((n) => [n, n] as const),
      [0, 3],
      [0, 11],
      [11, last],
      [0, last],
    ] as const;
    for (const [from, to] of periods) {
      const query = {
        store_id,
        versions,
        definition: store.definition,
        from: dayAt(from),
        to: dayAt(to),
        as_of: AS_OF,
      };
      const abandonment = await reports.abandonment({ ...query, only: 'counts' });
      const revenue = await reports.revenue(query);
      const funnels = await Promise.all(
        store.definition.funnels.map((funnel) => reports.funnel({ ...query, ...funnel })),
      );
      for (const report of [abandonment, revenue, ...funnels])
        told.push({ ...report, as_of: '', definition_versions: [], warnings: [] });
    }
    return told;
  };

  const define = async (store_id: string, change: Partial<Definition>): Promise<void> => {
    await world.control.stores.define(store_id, change, null);
  };

  const isThrough = async (store_id: string): Promise<boolean> => {
    const jobs = await world.control.state.get('aggregator/retention');
    return !(jobs !== null && typeof jobs === 'object' && store_id in jobs);
  };
  /** Runs until all that is due is removed. */
  const keepUp = async (...stores: string[]): Promise<void> => {
    await using aggregator = world.aggregator({ pageVisitors });
    while ((await aggregator.runOnce()) !== 'done');
    for (let run = 0; ; run++) {
      await aggregator.runOnce();
      const through = await Promise.all(stores.map(isThrough));
      if (through.every(Boolean)) break;
      if (run === MAX_RUNS) throw new Error('retention does not come to its end');
    }
    await aggregator.stop();
    world.leaseRunsOut();
  };
  const passTo = async (day: number): Promise<void> => {
    world.pass(FIRST + day * DAY_MS - world.now());
    await world.takenIn(world.now());
  };

  return { world, reports, ask, visitorsOf, countOf, restatementsOf, figuresOf, define, isThrough, keepUp, passTo };
};
export type Retention = Awaited<ReturnType<typeof openRetention>>;
