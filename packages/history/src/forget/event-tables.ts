import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';

/** Names of tables with the rows of `events` beside it: of one that is being rebuilt, and of what stood before a rebuilt one. */
export const REBUILT_EVENTS = 'events_rebuilt_';
export const EVENTS_BEFORE = 'events_before_';

/** Every table that holds events. */
export const eventTables = defineQuery({
  name: 'forget.event_tables',
  sql: `
    SELECT name, toString(uuid) AS uuid
    FROM system.tables
    WHERE database = currentDatabase()
      AND (name = 'events' OR match(name, '^(${REBUILT_EVENTS}|${EVENTS_BEFORE})[0-9_]+$'))
    ORDER BY name`,
  params: z.object({}),
  row: z.object({ name: z.string(), uuid: z.string() }),
});
