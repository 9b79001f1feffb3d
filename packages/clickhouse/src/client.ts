import { Readable } from 'node:stream';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { z } from 'zod';
import { ClickHouseError, toClickHouseError } from './error.ts';
import { quoteIdentifier } from './identifier.ts';
import { type Block, createBlockEncoder } from './native/block-encoder.ts';
import { blockType, type RowOf, type Schema } from './native/type.ts';
import type { Query } from './query.ts';
import { type Ask, checkServer } from './server-check.ts';
import { INSERT_SETTINGS, READ_SETTINGS, WAIT_FOR_END, within } from './settings.ts';
import type { TableNeeds } from './table-needs.ts';
import { wholeAnswer } from './whole-answer.ts';

export type ClickHouseConfig = {
  /** Of its HTTP port; user and password may stand in it. */
  url: string;
  database: string;
  username?: string;
  password?: string;
  /** How long the server may be silent in one call. */
  requestTimeoutMs?: number;
  maxOpenConnections?: number;
  /** Shown in the server's query log. */
  application?: string;
};

/** SQL that is 0 or 1, with `{name:Type}` placeholders. */
export type InsertCondition = { sql: string; params: Readonly<Record<string, unknown>> };

export type ClickHouse = {
  readonly database: string;
  /** All rows of a result that fits memory. Throws ClickHouseError, also for parameters or rows of another shape. */
  query<P extends z.ZodObject, R extends z.ZodType>(query: Query<P, R>, params: z.input<P>): Promise<z.output<R>[]>;
  /** The rows of a large result, as they come. An error in the middle throws from the iteration. */
  stream<P extends z.ZodObject, R extends z.ZodType>(
    query: Query<P, R>,
    params: z.input<P>,
  ): AsyncGenerator<z.output<R>, void, undefined>;
  /**
   * One statement without a result: DDL, INSERT SELECT, ALTER. Resolves when the server has done it. `bounded`: the server
   * gives it up before this client does, so that it does not go on alone.
   */
  command(sql: string, params?: Readonly<Record<string, unknown>>, options?: { bounded?: boolean }): Promise<void>;
  /**
   * Inserts rows, or a block of the same columns, as one block. Resolves when they are in a part on disk or in the page
   * cache. With `onlyIf` the server asks first: when the condition does not hold as the insert begins, nothing is
   * written and ClickHouseError `condition_failed` is thrown; such an insert is bounded. `timeoutMs`, where it is shorter than the connection's:
   * how long the server may be silent; an insert that was given up may land later nevertheless.
   */
  insertNative<const S extends Schema>(
    table: string,
    columns: S,
    data: readonly RowOf<S>[] | Block,
    onlyIf?: InsertCondition,
    timeoutMs?: number,
  ): Promise<void>;
  /** Creates the connection's database if it is missing. */
  ensureDatabase(): Promise<void>;
  /**
   * Reads back version, pinned settings and the tables that are written; throws UnsuitableServerError
   * (`unsuitable_server`) naming all that is wrong and what to do.
   */
  checkServer(tables?: readonly TableNeeds[]): Promise<{ version: string }>;
  /** True when the server answers within 3 s, however busy other calls keep the connection; never throws. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const DEFAULT_REQUEST_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 3_000;

const parseWith = <T extends z.ZodType>(schema: T, value: unknown, code: string, action: string): z.output<T> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'value'} (${issue.code})`).join(', ');
  const what = code === 'bad_row' ? 'answered a row' : 'was given parameters';
  throw new ClickHouseError(code, `${action} ${what} of another shape: ${fields}`);
};

const isBlock = (data: readonly unknown[] | Block): data is Block => !Array.isArray(data);

/** The one door to ClickHouse. Logs nothing; sends no query text or data into errors. */
export const createClickHouse = (config: ClickHouseConfig): ClickHouse => {
  const patienceMs = config.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
  const connect = (database: string, timeoutMs = patienceMs) =>
    createClient({
      url: config.url,
      database,
      ...(config.username !== undefined && { username: config.username }),
      ...(config.password !== undefined && { password: config.password }),
      application: config.application ?? 'cartledger',
      request_timeout: timeoutMs,
      max_open_connections: config.maxOpenConnections ?? 10,
      keep_alive: { enabled: true, eagerly_destroy_stale_sockets: true },
      // A component may have thousands of nodes: too many for an address line.
      use_multipart_params_auto: true,
      // The client's own log would show query text.
      log: { level: ClickHouseLogLevel.OFF },
    });
  const client = connect(config.database);
  /** By timeout: the client knows one for all calls, and a signal would count the wait for a free socket as silence. */
  const hasty = new Map<number, typeof client>();
  const clientWithin = (timeoutMs: number): typeof client => {
    if (timeoutMs >= patienceMs) return client;
    const known = hasty.get(timeoutMs) ?? connect(config.database, timeoutMs);
    hasty.set(timeoutMs, known);
    return known;
  };

  const attempt = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toClickHouseError(error, action);
    }
  };

  const query: ClickHouse['query'] = (q, params) => {
    const action = `query ${q.name}`;
    return attempt(action, async () => {
      const answer = await client.query({
        query: q.sql,
        query_params: parseWith(q.params, params, 'bad_parameters', action),
        format: 'JSONEachRow',
        clickhouse_settings: { ...READ_SETTINGS, ...WAIT_FOR_END },
      });
      const lines = await wholeAnswer(answer, action);
      return lines.map((line) => parseWith(q.row, JSON.parse(line), 'bad_row', action));
    });
  };

  const stream: ClickHouse['stream'] = async function* (q, params) {
    const action = `query ${q.name}`;
    try {
      const answer = await client.query({
        query: q.sql,
        query_params: parseWith(q.params, params, 'bad_parameters', action),
        format: 'JSONEachRow',
        clickhouse_settings: READ_SETTINGS,
      });
      for await (const rows of answer.stream()) {
        for (const row of rows) yield parseWith(q.row, row.json(), 'bad_row', action);
      }
    } catch (error) {
      throw toClickHouseError(error, action);
    }
  };

  const command: ClickHouse['command'] = (sql, params = {}, { bounded = false } = {}) =>
    attempt('a command', async () => {
      await client.command({
        query: sql,
        query_params: { ...params },
        clickhouse_settings: { ...INSERT_SETTINGS, ...WAIT_FOR_END, ...(bounded && within(patienceMs)) },
      });
    });

  const insertNative: ClickHouse['insertNative'] = async (table, columns, data, onlyIf, timeoutMs = patienceMs) => {
    const block = isBlock(data) ? data : encodeRows(columns, data);
    if (block.rows === 0) return;
    const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
    const source = onlyIf === undefined ? '' : ` ${conditionalSource(columns, names, onlyIf)}`;
    const insert = attempt(`the insert into ${table}`, async () => {
      const answer = await clientWithin(timeoutMs).exec({
        query: `INSERT INTO ${quoteIdentifier(table)} (${names})${source} FORMAT Native`,
        ...(onlyIf && { query_params: { ...onlyIf.params } }),
        values: Readable.from(block.parts),
        clickhouse_settings: { ...INSERT_SETTINGS, ...WAIT_FOR_END, ...(onlyIf && within(timeoutMs)) },
      });
      for await (const _ of answer.stream) {
        // The body of an insert's answer is empty; reading it to its end frees the connection.
      }
      const written = answer.summary?.written_rows;
      if (written !== undefined && Number(written) < block.rows) {
        throw new ClickHouseError('short_write', `ClickHouse wrote ${written} of ${block.rows} rows into ${table}`, {
          retriable: true,
        });
      }
    });
    await insert.catch((error: unknown) => {
      if (onlyIf === undefined || !(error instanceof ClickHouseError) || error.code !== CONDITION_FAILED) throw error;
      throw new ClickHouseError('condition_failed', `the condition of the insert into ${table} does not hold`);
    });
  };

  const ensureDatabase = async (): Promise<void> => {
    const server = connect('default');
    try {
      await attempt('creating the database', () =>
        server.command({
          query: `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(config.database)}`,
          clickhouse_settings: WAIT_FOR_END,
        }),
      );
    } finally {
      await server.close();
    }
  };

  const ask: Ask = async (sql, params, pinned) => {
    const askWith = async (waiting: Partial<typeof WAIT_FOR_END>): Promise<unknown[]> => {
      const answer = await client.query({
        query: sql,
        query_params: { ...params },
        format: 'JSONEachRow',
        clickhouse_settings: { ...(pinned && { ...INSERT_SETTINGS, ...within(patienceMs) }), ...waiting },
      });
      return (await wholeAnswer(answer, 'the server check')).map((line): unknown => JSON.parse(line));
    };
    try {
      return await askWith(WAIT_FOR_END);
    } catch (error) {
      // Who may set nothing is to be told so by the check, not refused its first question.
      if (pinned || toClickHouseError(error, 'the server check').code !== 'READONLY') throw error;
      return askWith({ wait_end_of_query: WAIT_FOR_END.wait_end_of_query });
    }
  };

  const ping = async (): Promise<boolean> => (await clientWithin(PING_TIMEOUT_MS).ping({ select: true })).success;
  const close = async (): Promise<void> => {
    await Promise.all([client, ...hasty.values()].map((one) => one.close()));
  };

  return {
    database: config.database,
    query,
    stream,
    command,
    insertNative,
    ensureDatabase,
    checkServer: (tables = []) => attempt('the server check', () => checkServer(ask, tables)),
    ping,
    close,
    [Symbol.asyncDispose]: close,
  };
};

const CONDITION_FAILED = 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO';

/** Reads the block only where the condition, a constant by then, holds: the server evaluates it before the first row. */
const conditionalSource = (columns: Schema, names: string, { sql }: InsertCondition): string => {
  const structure = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${blockType(type)}`).join(', ');
  const literal = `'${structure.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `SELECT ${names} FROM input(${literal}) WHERE throwIf(ifNull(NOT (${sql}), 1)) = 0`;
};

const encodeRows = <S extends Schema>(columns: S, rows: readonly RowOf<S>[]): Block => {
  const encoder = createBlockEncoder(columns);
  for (const row of rows) encoder.append(row);
  return encoder.finish();
};
