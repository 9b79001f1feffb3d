import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { ReportError } from './errors.ts';
import type { ReportQuery } from './query.ts';

const storeState = defineQuery({
  name: 'store_state',
  sql: `
    SELECT toUnixTimestamp64Milli(as_of) AS as_of_ms, toUnixTimestamp64Milli(last_event_at) AS last_event_ms, definition_version
    FROM store_state FINAL
    WHERE store_id = {store_id:String}`,
  params: z.object({ store_id: z.string() }),
  row: z.object({
    as_of_ms: z.coerce.number(),
    last_event_ms: z.coerce.number(),
    definition_version: z.coerce.number(),
  }),
});

/** Where a report stands. */
export type Standing = {
  /** T, ms UTC. */
  asOf: number;
  /** By which version the ledgers were made throughout; null when nothing has been taken in. */
  definitionVersion: number | null;
};

/** Where a store's ledgers stand, and the T of a report. */
export const readStanding = async (clickhouse: ClickHouse, { store_id, as_of }: ReportQuery): Promise<Standing> => {
  const [state] = await clickhouse.query(storeState, { store_id });
  if (!state) {
    if (as_of !== undefined) return { asOf: as_of, definitionVersion: null };
    throw new ReportError(
      'not_ready',
      null,
      `nothing of store ${store_id} has been taken in yet; try again in a few seconds`,
    );
  }
  const definitionVersion = state.definition_version;
  if (as_of === undefined) return { asOf: state.as_of_ms, definitionVersion };
  if (as_of >= state.last_event_ms) return { asOf: as_of, definitionVersion };
  const last = new Date(state.last_event_ms).toISOString();
  throw new ReportError(
    'bad_as_of',
    'as_of',
    `as_of is before the store's last event (${last}); give that or a later time`,
  );
};

/** After a change of the definition, units are counted anew one after the other. */
export const pendingWarning = (
  { definition }: ReportQuery,
  { definitionVersion }: Standing,
): { code: string; message: string }[] =>
  definitionVersion === null || definitionVersion === definition.version
    ? []
    : [
        {
          code: 'definition_pending',
          message: `Version ${definition.version} of the definition is being applied: some units still stand as version ${definitionVersion} counted them.`,
        },
      ];
