/** Stores of generated histories in a real ClickHouse, and the rates that all of them may use. */
import { contentOf, LEDGER_COLUMNS, NOTHING } from '@cartledger/aggregator/testing';
import type { RowOf } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { createHasher } from '@cartledger/events';
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

/** A store with the history's versions, made in their order. */
export const createStore = async (
  world: World,
  store_id: string,
  versions: readonly DefinitionVersion[],
): Promise<Store> => {
  const input = ({ version: _, ...rest }: Definition) => rest;
  const [first, ...later] = versions;
  if (!first) throw new Error('a history has at least one version');
  let store = await world.createStore(store_id, input(first.definition));
  for (const { from, definition } of later)
    store = await world.control.stores.define(store_id, input(definition), from);
  return store;
};

const hasher = await createHasher();

/**
 * The ledger rows of histories as the aggregator stores them, all in one insert, of stores that no aggregator knows: their
 * reports are read from the ledgers alone, without rollups.
 */
export const writeLedgers = async (world: World, histories: readonly History[]): Promise<Store[]> => {
  const stores: Store[] = [];
  const rows: RowOf<typeof LEDGER_COLUMNS>[] = [];
  for (const { seed, versions, deliveries } of histories) {
    const definition = versions.at(-1)?.definition;
    if (!definition) throw new Error('a history has at least one version');
    const store_id = `bulk-${seed}`;
    stores.push({ store_id, created_at: 0, definition, versions });
    const days = createCalendar(definition.time_zone);
    for (const row of buildLedger({ events: keptOf(deliveries), definition, versions, days }))
      rows.push({
        ...NOTHING,
        ...contentOf(row, definition.version),
        store_id,
        kind: row.kind,
        node: hasher.xxh64(row.node),
        key: rowKey(row),
        version: 1n,
        is_deleted: 0,
      });
  }
  await world.insertEvents(
    histories.flatMap(({ seed, deliveries }) => deliveries.map((d) => ({ ...d, store_id: `bulk-${seed}` }))),
  );
  await world.clickhouse.insertNative('ledger_rows', LEDGER_COLUMNS, rows);
  return stores;
};
