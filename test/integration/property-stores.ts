/** Stores of generated histories in a real ClickHouse, and the rates that all of them may use. */
import { contentOf, LEDGER_COLUMNS, NOTHING, ROLLUP_OF } from '@cartledger/aggregator/testing';
import type { RowOf } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { createHasher, type Delivery } from '@cartledger/events';
import {
  buildLedger,
  createCalendar,
  DAY_MS,
  type Definition,
  type DefinitionVersion,
  type FxRate,
  rowKey,
} from '@cartledger/funnel';
import { keptOf } from '@cartledger/funnel/testing';
import type { World } from './aggregator-world.ts';
import { FX_SOURCE, type History } from './property-history.ts';

const FIRST_DAY = Date.parse('2026-01-01T00:00:00Z');
const RATE_DAYS = 1_300;

/** Not for every day and currency. */
export const fxRates: readonly FxRate[] = Array.from({ length: RATE_DAYS }, (_, i) => {
  const day = new Date(FIRST_DAY + i * DAY_MS).toISOString().slice(0, 10);
  const rates = [
    ['USD', `0.${80 + (i % 17)}12345`],
    ['JPY', `0.00${6 + (i % 3)}1725`],
    ['KWD', `2.${90 + (i % 7)}`],
  ] as const;
  return rates
    .filter((_rate, k) => (i + k) % 13 !== 0)
    .map(([currency, rate]) => ({ source: FX_SOURCE, day, currency, base: 'EUR', rate }));
}).flat();

export const loadRates = ({ clickhouse }: World): Promise<void> => {
  const rows = fxRates.map(
    ({ source, day, currency, base, rate }) => `('${[source, day, currency, base, rate].join("','")}')`,
  );
  return clickhouse.command(`INSERT INTO fx_rates (source, day, currency, base, rate) VALUES ${rows.join(',')}`);
};

const input = ({ version: _, ...rest }: Definition) => rest;

/** The store with one version more. */
export const defineStore = (
  { control }: World,
  store_id: string,
  { from, definition }: DefinitionVersion,
): Promise<Store> => control.stores.define(store_id, input(definition), from);

/** A store with the history's versions, made in their order. */
export const createStore = async (
  world: World,
  store_id: string,
  versions: readonly DefinitionVersion[],
): Promise<Store> => {
  const [first, ...later] = versions;
  if (!first) throw new Error('a history has at least one version');
  let store = await world.createStore(store_id, input(first.definition));
  for (const version of later) store = await defineStore(world, store_id, version);
  return store;
};

const hasher = await createHasher();

const STATE_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'version', type: 'UInt64' },
  { name: 'as_of', type: "DateTime64(3, 'UTC')" },
  { name: 'last_event_at', type: "DateTime64(3, 'UTC')" },
  { name: 'definition_version', type: 'UInt32' },
  { name: 'time_zone', type: 'LowCardinality(String)' },
] as const;

const DAY_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'rollup', type: "Enum8('funnel' = 1, 'cart' = 2, 'order' = 3)" },
  { name: 'day', type: 'Date32' },
  { name: 'version', type: 'UInt64' },
  { name: 'dirty', type: 'Bool' },
] as const;

/** Any lease gives a larger one. */
const FIRST_VERSION = 1n;

/**
 * Stores of histories as the aggregator leaves them when all is in the ledgers and nothing is rolled up yet: the rows that
 * the ledger engine makes, all in one insert, the states that say so, and every day dirty. An aggregator that runs then
 * finds nothing to do but the rollups.
 */
export const writeLedgers = async (world: World, histories: readonly History[]): Promise<Store[]> => {
  const stores: Store[] = [];
  const events: Delivery[] = [];
  const rows: RowOf<typeof LEDGER_COLUMNS>[] = [];
  const states: RowOf<typeof STATE_COLUMNS>[] = [];
  const days = new Map<string, RowOf<typeof DAY_COLUMNS>>();
  for (const { seed, versions: made, deliveries } of histories) {
    const store_id = `bulk-${seed}`;
    const store = await createStore(world, store_id, made);
    stores.push(store);
    events.push(...deliveries.map((delivery) => ({ ...delivery, store_id })));
    const { definition, versions } = store;
    const kept = keptOf(deliveries);
    for (const row of buildLedger({ events: kept, definition, versions, days: createCalendar(definition.time_zone) })) {
      const { kind, day } = row;
      rows.push({
        ...NOTHING,
        ...contentOf(row),
        store_id,
        kind,
        node: hasher.xxh64(row.node),
        key: rowKey(row),
        version: FIRST_VERSION,
        is_deleted: 0,
      });
      const dirty = { store_id, rollup: ROLLUP_OF[kind], day, version: FIRST_VERSION, dirty: true };
      days.set(`${store_id} ${dirty.rollup} ${day}`, dirty);
    }
    const last = Math.max(...kept.map(({ event_time }) => event_time));
    states.push({
      store_id,
      version: FIRST_VERSION,
      as_of: last,
      last_event_at: last,
      definition_version: definition.version,
      time_zone: definition.time_zone,
    });
  }
  await world.insertEvents(events);
  await world.clickhouse.insertNative('ledger_rows', LEDGER_COLUMNS, rows);
  await world.clickhouse.insertNative('dirty_days', DAY_COLUMNS, [...days.values()]);
  await world.clickhouse.insertNative('store_state', STATE_COLUMNS, states);
  return stores;
};
