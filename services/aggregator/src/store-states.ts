import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import { z } from 'zod';
import type { Fence } from './fence.ts';
import { KEPT_ALL } from './horizons.ts';

/** How far a store's ledgers have been brought. */
export type StoreState = {
  asOf: number;
  lastEventAt: number;
  definitionVersion: number;
  timeZone: string;
  /** The first local day of which retention has removed nothing. */
  keptFrom: string;
};

export const allStates = defineQuery({
  name: 'store_states',
  sql: `SELECT store_id, as_of, last_event_at, definition_version, time_zone, kept_from FROM store_state FINAL`,
  params: z.object({}),
  row: z.object({
    store_id: z.string(),
    as_of: utcMs,
    last_event_at: utcMs,
    definition_version: z.int(),
    time_zone: z.string(),
    kept_from: z.string(),
  }),
});

const STATE_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'version', type: 'UInt64' },
  { name: 'as_of', type: "DateTime64(3, 'UTC')" },
  { name: 'last_event_at', type: "DateTime64(3, 'UTC')" },
  { name: 'definition_version', type: 'UInt32' },
  { name: 'time_zone', type: 'LowCardinality(String)' },
  { name: 'currency', type: 'LowCardinality(String)' },
  { name: 'stages', type: 'Array(String)' },
  { name: 'idle_ms', type: 'Int64' },
  { name: 'abandon_ms', type: 'Int64' },
  { name: 'recovery_ms', type: 'Int64' },
  { name: 'kept_from', type: 'Date32' },
  { name: 'versions.version', type: 'Array(UInt32)' },
  { name: 'versions.stages', type: 'Array(Array(String))' },
] as const;

const UNCHANGED = STATE_COLUMNS.map(({ name }) => `\`${name}\``).filter(
  (name) => !['`version`', '`as_of`', '`last_event_at`'].includes(name),
);
/** All else as it was. */
export const ADVANCED = `(${UNCHANGED.join(', ')}, version, as_of, last_event_at)
  SELECT ${UNCHANGED.join(', ')}, {version:UInt64}, fromUnixTimestamp64Milli({as_of:Int64}), fromUnixTimestamp64Milli({last_event_at:Int64})
  FROM (SELECT * FROM store_state FINAL WHERE store_id = {store_id:String})`;

export const createStoreStates = ({ clickhouse, fence }: { clickhouse: ClickHouse; fence: Fence }) => ({
  async read(): Promise<Map<string, StoreState>> {
    const rows = await clickhouse.query(allStates, {});
    return new Map(
      rows.map(({ store_id, as_of, last_event_at, definition_version, time_zone, kept_from }) => [
        store_id,
        {
          asOf: as_of,
          lastEventAt: last_event_at,
          definitionVersion: definition_version,
          timeZone: time_zone,
          keptFrom: kept_from,
        },
      ]),
    );
  },

  async write(
    states: readonly { store: Store; asOf: number; lastEventAt: number; keptFrom?: string }[],
  ): Promise<void> {
    if (states.length === 0) return;
    const rows = states.map(
      ({ store: { store_id, definition, versions }, asOf, lastEventAt, keptFrom = KEPT_ALL }) => ({
        store_id,
        as_of: asOf,
        last_event_at: lastEventAt,
        definition_version: definition.version,
        time_zone: definition.time_zone,
        currency: definition.currency,
        stages: definition.stages,
        idle_ms: definition.idle_ms,
        abandon_ms: definition.abandon_ms,
        recovery_ms: definition.recovery_ms,
        kept_from: keptFrom,
        'versions.version': versions.map((each) => each.definition.version),
        'versions.stages': versions.map((each) => each.definition.stages),
      }),
    );
    await fence.write(({ version, onlyIf }) =>
      clickhouse.insertNative(
        'store_state',
        STATE_COLUMNS,
        rows.map((row) => ({ ...row, version })),
        onlyIf,
      ),
    );
  },

  /** The times of a store whose ledgers are not all of its newest definition, or not of all its events, yet. */
  async advance(store_id: string, asOf: number, lastEventAt: number): Promise<void> {
    await fence.insertSelect('store_state', ADVANCED, { store_id, as_of: asOf, last_event_at: lastEventAt });
  },
});
export type StoreStates = ReturnType<typeof createStoreStates>;
