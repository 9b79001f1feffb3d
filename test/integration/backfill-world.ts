/** A damaged shop and its twin that nothing happens to: rebuilt, the one has to say what the other says. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { AUDIT, BACKFILL, type Backfill, LIST_BACKFILLS } from '@cartledger/operations';
import { expect } from 'vitest';
import { z } from 'zod';
import { DAY_MS, type ErasureWorld, startErasureWorld } from './erasure-world.ts';
import { badEvent } from './ingest-events.ts';
import type { LogDriver } from './ingest-world.ts';

const MINUTE = 60_000;
/** Days that have closed long ago, in two months or in one. */
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 35 * DAY_MS;
const FROM = new Date(START - DAY_MS).toISOString().slice(0, 10);
const TO = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);

type Fields = Record<string, unknown>;

const event = (store_id: string, visitor: number, type: string, at: number, fields: Fields = {}) => ({
  key: `${store_id}:v${visitor}`,
  value: Buffer.from(
    JSON.stringify({
      event_id: `${type}-${visitor}`,
      store_id,
      visitor_id: `v${visitor}`,
      type,
      occurred_at: at,
      source: 'server',
      currency: 'EUR',
      ...fields,
    }),
  ),
  headers: { 'cartledger-received-at': String(at) },
});

/** A visitor's way from a visit to an order, on the day of his number modulo 30. */
const buyer = (store_id: string, visitor: number) => {
  const at = START + (visitor % 30) * DAY_MS + visitor * 1_000;
  const cart = {
    cart_id: `cart-${visitor}`,
    items: [{ product_id: `p${visitor % 7}`, quantity: 1 + (visitor % 3), unit_price: 1_000 }],
  };
  const total = 1_000 * (1 + (visitor % 3));
  return [
    event(store_id, visitor, 'visit', at),
    event(store_id, visitor, 'add_to_cart', at + MINUTE, cart),
    ...(visitor % 2 === 0 ? [event(store_id, visitor, 'checkout', at + 2 * MINUTE, cart)] : []),
    ...(visitor % 4 === 0
      ? [
          event(store_id, visitor, 'purchase', at + 3 * MINUTE, {
            ...cart,
            order_id: `order-${visitor}`,
            customer_id: `customer-${visitor}`,
            amounts: { items: total, total },
          }),
        ]
      : []),
  ];
};

const STORES = ['shop', 'twin'] as const;

/** Events of visitors [from, to) of both shops; 3.25 each and shop, on average. */
export const buyers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => STORES.flatMap((store_id) => buyer(store_id, from + i))).flat();

export type BackfillWorld = Awaited<ReturnType<typeof startBackfillWorld>>;

export const startBackfillWorld = async (driver: LogDriver) => {
  const world: ErasureWorld = await startErasureWorld(driver, STORES);
  const { clickhouse, ask } = world;
  const told = (answer: { status: number; body: unknown }): Backfill => {
    if (answer.status !== 200) throw new Error(`refused: ${JSON.stringify(answer)}`);
    return BACKFILL.answer.parse(answer.body);
  };
  const order = async (json: z.input<typeof BACKFILL.body>): Promise<Backfill> =>
    told(await ask('POST', BACKFILL.path, json));

  return {
    ...world,
    order,
    refused: async (json: z.input<typeof BACKFILL.body>) => {
      const { status, body } = await ask('POST', BACKFILL.path, json);
      return { status, text: JSON.stringify(body) };
    },
    async latest(): Promise<Backfill> {
      const last = LIST_BACKFILLS.answer.parse((await ask('GET', LIST_BACKFILLS.path)).body).backfills.at(-1);
      if (last === undefined) throw new Error('there was no backfill');
      return last;
    },
    /** To its end, or until it is in that state. */
    async follow(begun: Backfill, state?: Backfill['state']): Promise<Backfill> {
      let latest = begun;
      while (latest.ended_at === null && latest.state !== 'compared' && latest.state !== state)
        latest = await order({ backfill: latest.backfill });
      return latest;
    },
    async backfill(asked: { dry_run?: boolean; since?: string } = {}): Promise<Backfill> {
      return this.follow(await order(asked));
    },
    rows: (sql: string): Promise<unknown[]> =>
      clickhouse.query({ name: 'test.rows', sql, params: z.object({}), row: z.unknown() }, {}),
    /** Every kept event of a store, as it is. */
    said: async (store_id = 'shop', table = 'events'): Promise<unknown[]> =>
      clickhouse.query(
        {
          name: 'test.said',
          sql: `SELECT * EXCEPT (log_epoch, log_partition, log_offset) FROM ${table} FINAL WHERE store_id = '${store_id}'
            ORDER BY event_id, visitor_id`,
          params: z.object({}),
          row: z.unknown(),
        },
        {},
      ),
    tables: async (): Promise<string[]> =>
      (
        await clickhouse.query(
          {
            name: 'test.tables',
            sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'events') ORDER BY name",
            params: z.object({}),
            row: z.object({ name: z.string() }),
          },
          {},
        )
      ).map(({ name }) => name),
    touches: (): Promise<number> => world.count('SELECT count() AS n FROM touches'),
    /** Rows of the shop deleted, said otherwise, and made up: five visitors differ. */
    async damage(): Promise<void> {
      await clickhouse.command("DELETE FROM events WHERE store_id = 'shop' AND visitor_id IN ('v4', 'v31')");
      await clickhouse.command(
        "ALTER TABLE events UPDATE cart_id = 'nonsense', amount_total = 99999 WHERE store_id = 'shop' AND visitor_id IN ('v8', 'v9') SETTINGS mutations_sync = 1",
      );
      await clickhouse.command(
        `INSERT INTO events SELECT * REPLACE ('made-up' AS event_id, 5 AS event_hash, 'made-up' AS order_id)
         FROM events FINAL WHERE store_id = 'shop' AND visitor_id = 'v12' AND type = 'purchase'`,
      );
    },
    /** Both shops taken in, and what the one said before it was damaged. */
    async damagedShop(): Promise<unknown[]> {
      await world.startIngest();
      await world.produce([...buyers(0, 60), badEvent(1), ...buyers(10, 12)]);
      await world.settled();
      const said = await this.said();
      await this.damage();
      return said;
    },
    async isClean(): Promise<boolean> {
      const report = AUDIT.answer.parse((await ask('GET', AUDIT.path)).body);
      return report.type === 'report' && report.clean;
    },
    async sameAsTwin(): Promise<void> {
      const at = Date.now();
      expect(await world.figures('shop', FROM, TO, at)).toBe(await world.figures('twin', FROM, TO, at));
    },
  };
};

/** Fails each call the first time before it is made, the second time after; then it is made. */
export const createFaults = () => {
  const seen = new Map<string, number>();
  let failures = 0;
  const faulty = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    if (times > 1) return work();
    failures += 1;
    if (times === 1) await work();
    throw new Error(`killed ${times === 0 ? 'before' : 'after'} ${name}`);
  };
  const nameOf = (sql: string): string => sql.replaceAll(/\d/g, '').slice(0, 60);
  return {
    faulty,
    get failures() {
      return failures;
    },
    seen,
    clickhouse: (real: ClickHouse): ClickHouse => ({
      ...real,
      query: (query, params) => faulty(query.name, () => real.query(query, params)),
      command: (sql, params) => faulty(nameOf(sql), () => real.command(sql, params)),
      insertNative: (table, columns, data) =>
        faulty(`insert into ${nameOf(table)}`, () => real.insertNative(table, columns, data)),
    }),
  };
};
