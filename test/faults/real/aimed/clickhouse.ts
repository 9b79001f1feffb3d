import { type ClickHouse, type ClickHouseConfig, createClickHouse as create } from '@cartledger/clickhouse';
import { around } from './strike.ts';

export * from '@cartledger/clickhouse';

const targetOf = (sql: string): string => /INSERT INTO `?(\w+)/.exec(sql)?.[1] ?? 'nothing';

/** The same, a point to aim at around each insert. */
export const createClickHouse = (config: ClickHouseConfig): ClickHouse => {
  const clickhouse = create(config);
  return {
    ...clickhouse,
    command: (sql, params) => around(`insert ${targetOf(sql)}`, () => clickhouse.command(sql, params)),
    insertNative: (table, columns, data, onlyIf, timeoutMs) =>
      around(`insert ${table}`, () => clickhouse.insertNative(table, columns, data, onlyIf, timeoutMs)),
  };
};
