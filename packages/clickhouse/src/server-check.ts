import { z } from 'zod';
import { ClickHouseError } from './error.ts';
import { INSERT_SETTINGS, within } from './settings.ts';
import { type Misfit, misfitsOfTable, ownSetting, type TableNeeds } from './table-needs.ts';

/** The server, or what is in it, would not keep what Cartledger promises: everything that is wrong with it, at once. */
export class UnsuitableServerError extends ClickHouseError {
  readonly misfits: readonly Misfit[];
  constructor(misfits: readonly Misfit[]) {
    const reasons = misfits.map(
      ({ setting, found, needed, remedy }) => `${setting} is ${found} and must be ${needed}: ${remedy}`,
    );
    super('unsuitable_server', `ClickHouse: ${reasons.join('; ')}`);
    this.name = 'UnsuitableServerError';
    this.misfits = misfits;
  }
}

const OLDEST_VERSION = { year: 25, release: 3 };

/** One statement's rows as JSON, parsed; `pinned`: with the settings of every insert, and those of bounded ones. Throws ClickHouseError. */
export type Ask = (sql: string, params: Readonly<Record<string, unknown>>, pinned: boolean) => Promise<unknown[]>;

const misfitOfVersion = (version: string): Misfit[] => {
  const [year = 0, release = 0] = version.split('.').map(Number);
  const { year: oldestYear, release: oldestRelease } = OLDEST_VERSION;
  if (year > oldestYear || (year === oldestYear && release >= oldestRelease)) return [];
  const needed = `${oldestYear}.${oldestRelease} or newer`;
  return [{ setting: 'server version', found: version, needed, remedy: 'upgrade the server' }];
};

const settingRow = z.object({
  name: z.string(),
  value: z.string(),
  readonly: z.coerce.number(),
  min: z.string().nullable(),
  max: z.string().nullable(),
});

const OPEN_IT =
  'take its constraint, and any readonly, from the profile of the user that Cartledger connects as (infra/clickhouse/users.d has a profile that fits)';

/** Codes by which a server says that the user may not set what we pin. */
const FORBIDDEN = new Set(['READONLY', 'SETTING_CONSTRAINT_VIOLATION', 'UNKNOWN_SETTING', 'QUERY_IS_PROHIBITED']);

/** A pinned setting travels with each insert: what matters is that the user may set it and that the server takes it. */
const misfitsOfSettings = async (ask: Ask): Promise<Misfit[]> => {
  const sql = `SELECT name, value, readonly, min, max FROM system.settings WHERE name IN {names:Array(String)}`;
  const names = Object.keys(INSERT_SETTINGS);
  const read = async (pinned: boolean) => {
    const rows = z.array(settingRow).parse(await ask(sql, { names: [...names, 'readonly'] }, pinned));
    return new Map(rows.map((row) => [row.name, row]));
  };
  const plain = await read(false);
  const misfits = Object.entries(INSERT_SETTINGS).flatMap(([name, value]) => {
    const needed = String(value);
    const row = plain.get(name);
    if (row === undefined) {
      return [{ setting: name, found: 'unknown to the server', needed, remedy: 'upgrade the server' }];
    }
    const outside = (row.min !== null && needed < row.min) || (row.max !== null && Number(needed) > Number(row.max));
    const fixed = row.value !== needed && (row.readonly === 1 || outside);
    return fixed ? [{ setting: name, found: `${row.value}, fixed`, needed, remedy: OPEN_IT }] : [];
  });
  const readonly = plain.get('readonly')?.value ?? '0';
  if (readonly !== '0') misfits.push({ setting: 'readonly', found: readonly, needed: '0, to insert', remedy: OPEN_IT });
  if (misfits.length > 0) return misfits;
  try {
    const pinned = await read(true);
    return Object.entries(INSERT_SETTINGS).flatMap(([name, value]) => {
      const found = pinned.get(name)?.value ?? 'unknown';
      return found === String(value) ? [] : [{ setting: name, found, needed: String(value), remedy: OPEN_IT }];
    });
  } catch (error) {
    if (!(error instanceof ClickHouseError) || !FORBIDDEN.has(error.code)) throw error;
    const found = `refused (${error.code})`;
    const needed = [...names, ...Object.keys(within(0))].join(', ');
    return [{ setting: 'settings of inserts', found, needed, remedy: OPEN_IT }];
  }
};

const tableRow = z.object({
  name: z.string(),
  engine: z.string(),
  engine_full: z.string(),
  sorting_key: z.string(),
  partition_key: z.string(),
  create_table_query: z.string(),
  columns: z.record(z.string(), z.string()),
});

const misfitsOfTables = async (ask: Ask, needs: readonly TableNeeds[]): Promise<Misfit[]> => {
  if (needs.length === 0) return [];
  const sql = `SELECT name, engine, engine_full, sorting_key, partition_key, create_table_query, columns FROM system.tables
    LEFT JOIN (
      SELECT table AS name, CAST((groupArray(column.name), groupArray(type)), 'Map(String, String)') AS columns
      FROM system.columns AS column
      WHERE database = currentDatabase() GROUP BY name
    ) AS described USING (name)
    WHERE database = currentDatabase() AND name IN {tables:Array(String)}`;
  const rows = z.array(tableRow).parse(await ask(sql, { tables: needs.map(({ table }) => table) }, false));
  const tables = new Map(rows.map((row) => [row.name, row]));

  const inherited = needs.some(({ table, settings }) => {
    const found = tables.get(table);
    return found !== undefined && Object.keys(settings).some((name) => ownSetting(found, name) === undefined);
  });
  const ofServer = inherited ? await mergeTreeSettings(ask, needs) : new Map<string, string>();
  return needs.flatMap((table) => misfitsOfTable(table, tables.get(table.table), (name) => ofServer.get(name)));
};

const mergeTreeSettings = async (ask: Ask, needs: readonly TableNeeds[]): Promise<Map<string, string>> => {
  const names = [...new Set(needs.flatMap(({ settings }) => Object.keys(settings)))];
  const sql = 'SELECT name, value FROM system.merge_tree_settings WHERE name IN {names:Array(String)}';
  const rows = z.array(z.object({ name: z.string(), value: z.string() })).parse(await ask(sql, { names }, false));
  return new Map(rows.map(({ name, value }) => [name, value]));
};

/** Reads back version, pinned settings and tables; throws UnsuitableServerError with everything that is not as needed. */
export const checkServer = async (ask: Ask, needs: readonly TableNeeds[]): Promise<{ version: string }> => {
  const [row] = z.array(z.object({ version: z.string() })).parse(await ask('SELECT version() AS version', {}, false));
  const version = row?.version ?? '';
  const misfits = [
    ...misfitOfVersion(version),
    ...(await misfitsOfSettings(ask)),
    ...(await misfitsOfTables(ask, needs)),
  ];
  if (misfits.length > 0) throw new UnsuitableServerError(misfits);
  return { version };
};
