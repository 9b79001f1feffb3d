export { type ClickHouse, type ClickHouseOptions, startClickHouse } from './clickhouse.ts';
export { LocalStackError } from './errors.ts';
