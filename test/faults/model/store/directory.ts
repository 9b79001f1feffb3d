import { fileURLToPath } from 'node:url';

/** The migrations that the model reads its tables from. */
export const SCHEMAS = fileURLToPath(new URL('../../../../schemas/clickhouse/', import.meta.url));
