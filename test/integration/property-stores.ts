/** Stores of generated histories in a real ClickHouse, and the rates that all of them may use. */
import type { Store } from '@cartledger/control';
import { DAY_MS, type Definition, type DefinitionVersion, type FxRate } from '@cartledger/funnel';
import type { World } from './aggregator-world.ts';
import { FX_SOURCE } from './property-history.ts';

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
