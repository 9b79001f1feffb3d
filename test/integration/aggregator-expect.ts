/** Compares the ledger in ClickHouse with what buildLedger makes of the same deliveries. */
import { createHasher, type Delivery, eventTime } from '@cartledger/events';
import {
  buildLedger,
  createCalendar,
  type Definition,
  type KeptEvent,
  type LedgerRow,
  rowKey,
} from '@cartledger/funnel';
import { DAYS_OF_LEDGER } from '@cartledger/reports';
import { expect } from 'vitest';
import { z } from 'zod';
import type { World } from './aggregator-world.ts';

const hasher = await createHasher();

/** What FINAL keeps: of each (visitor, event_id, UTC month) the delivery with the smallest received_at. */
const keptOf = (deliveries: readonly Delivery[]): KeptEvent[] => {
  const kept = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const { visitor_id, event_id, occurred_at } = delivery;
    const identity = JSON.stringify([visitor_id, event_id, new Date(occurred_at).toISOString().slice(0, 7)]);
    const best = kept.get(identity);
    if (!best || delivery.received_at < best.received_at) kept.set(identity, delivery);
  }
  return [...kept.values()].map((delivery) => ({ ...delivery, event_time: eventTime(delivery) }));
};

export const rowsOf = (deliveries: readonly Delivery[], definition: Definition): LedgerRow[] =>
  buildLedger({ events: keptOf(deliveries), definition, days: createCalendar(definition.time_zone) });

const placeOf = (row: LedgerRow) => `${hasher.xxh64(row.node)} ${row.kind} ${row.day} ${rowKey(row)}`;
const storedPlaceOf = (row: { node: string; kind: string; day: string; key: string }) =>
  `${row.node} ${row.kind} ${row.day} ${row.key}`;
const at = (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
const texts = (values: readonly (bigint | number)[]) => values.map(String);

/** The columns in which a stored row must say what the computed row says. */
const columnsOf = (row: LedgerRow): Record<string, unknown> => {
  switch (row.kind) {
    case 'journey':
      return {
        day: row.day,
        at: at(row.started_at),
        funnel: row.funnel,
        unit_id: row.unit_id,
        visitor_id: row.visitor_id,
        hit: row.hit,
        any: row.any,
        ms_to_next: texts(row.ms_to_next),
        counted_after: row.counted_after,
        counted_before: row.counted_before,
        any_after: row.any_after,
        'dimensions.name': row.dimensions.map((dimension) => dimension.name),
        'dimensions.value': row.dimensions.map((dimension) => dimension.value),
        excluded: row.excluded,
      };
    case 'cart':
      return {
        cart_key: row.cart_key,
        at: at(row.opened_at),
        day: row.day,
        last_activity_at: at(row.last_activity_at),
        holds_items: row.holds_items,
        order_id: row.order_id,
        ordered_at: at(row.ordered_at),
        outcome: row.outcome,
        first_abandoned_at: at(row.first_abandoned_at),
        revived: row.revived,
        furthest: row.furthest,
        abandoned_point: row.abandoned_point,
        has_checkout: row.has_checkout,
        reason: row.reason,
        'lines.product_id': row.lines.map((line) => line.product_id),
        'lines.quantity': texts(row.lines.map((line) => line.quantity)),
        'lines.unit_price': row.lines.map((line) => (line.unit_price === null ? null : String(line.unit_price))),
        'value.currency': row.value.map((line) => line.currency),
        'value.amount': texts(row.value.map((line) => line.amount)),
        'peak_value.amount': texts(row.peak_value.map((line) => line.amount)),
        unmatched_removes: row.unmatched_removes,
        'products.product_id': row.products.map((product) => product.product_id),
        bought: row.bought,
        test: row.test,
        excluded: row.excluded,
        last_abandoned_at: at(row.last_abandoned_at),
        idle_ms: String(row.idle_ms),
        abandon_ms: String(row.abandon_ms),
        recovery_ms: String(row.recovery_ms),
      };
    case 'order':
      return {
        order_id: row.order_id,
        day: row.day,
        at: at(row.ordered_at),
        session_unit: row.session_unit,
        customer_id: row.customer_id,
        visitor_id: row.visitor_id,
        session_key: row.session_key,
        cart_key: row.cart_key,
        without_cart_reason: row.without_cart_reason,
        currency: row.currency,
        channel: row.channel,
        amount_items: String(row.items),
        amount_discount: String(row.discount),
        amount_tax_added: String(row.tax_added),
        amount_shipping: String(row.shipping),
        amount_unexplained: String(row.unexplained),
        amount_total: String(row.total),
        'bridge.line': row.bridge.map((line) => line.line),
        'bridge.currency': row.bridge.map((line) => line.currency),
        'bridge.amount': texts(row.bridge.map((line) => line.amount)),
        cycle_started_at: at(row.cycle_started_at),
        new_buyer: row.new_buyer,
        conflicts: row.conflicts,
        test: row.test,
      };
    case 'refund':
      return {
        order_id: row.order_id,
        refund_id: row.refund_id,
        day: row.day,
        at: at(row.refunded_at),
        currency: row.currency,
        amount_total: String(row.total),
        amount_items: String(row.items),
        refund_kind: row.refund_kind,
        flag: row.flag,
        test: row.test,
      };
  }
};

/** The ledger in ClickHouse holds exactly the computed rows, and so do its keys. */
export const expectLedger = async (world: World, store_id: string, rows: readonly LedgerRow[]): Promise<void> => {
  const byPlace = new Map((await world.ledger(store_id)).map((row) => [storedPlaceOf(row), row]));
  expect(new Set(byPlace.keys()), store_id).toEqual(new Set(rows.map(placeOf)));
  const keys = await world.keys(store_id);
  expect(new Set(keys.map(storedPlaceOf)), store_id).toEqual(new Set(rows.map(placeOf)));
  expect(keys.filter((key) => key.digest === '0')).toEqual([]);
  for (const row of rows) expect(byPlace.get(placeOf(row)), store_id).toMatchObject(columnsOf(row));
};

const ROLLUPS = ['funnel', 'cart', 'order'] as const;

/** No day is dirty, and every rollup says what the ledger says: the SQL that makes them is the oracle. */
export const expectRollups = async (world: World, store_id: string): Promise<void> => {
  const ask = (sql: string) =>
    world.clickhouse.query(
      { name: 'test.rollups', sql, params: z.object({}), row: z.record(z.string(), z.unknown()) },
      {},
    );
  expect(await ask(`SELECT * FROM dirty_days FINAL WHERE store_id = '${store_id}' AND dirty`)).toEqual([]);
  for (const rollup of ROLLUPS) {
    const table = `${rollup}_days`;
    const columns = (
      await ask(`SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${table}'`)
    )
      .map(({ name }) => String(name))
      .filter((name) => name !== 'version' && name !== 'settled_at');
    const list = columns.map((name) => `\`${name}\``).join(', ');
    const order = `ORDER BY ${rollup === 'funnel' ? 'funnel, ' : ''}day`;
    const some = columns.filter((name) => name.includes('.')).map((name) => `notEmpty(\`${name}\`)`);
    const stored = await ask(
      `SELECT ${list} FROM ${table} FINAL WHERE store_id = '${store_id}' AND (${some.join(' OR ')}) ${order}`,
    );
    const live = await ask(
      `SELECT ${list} FROM (${DAYS_OF_LEDGER[rollup]({ which: `store_id = '${store_id}'` })}) ${order}`,
    );
    // A settled cart has its last activity no more; cells that differ only there are one.
    if (rollup !== 'cart') expect(stored, table).toEqual(live);
    else expect(stored.map(countsOf), table).toEqual(live.map(countsOf));
  }
};

const countsOf = (row: Record<string, unknown>) => ({
  day: row.day,
  settles_at: row.settles_at,
  carts: z
    .array(z.coerce.number())
    .parse(row['cells.carts'])
    .reduce((sum, carts) => sum + carts, 0),
});
