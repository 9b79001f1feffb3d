export { type ClickHouse, type ClickHouseConfig, createClickHouse } from './client.ts';
export { ClickHouseError } from './error.ts';
export { type AppliedMigration, migrate } from './migrate.ts';
export { type Block, type BlockEncoder, BlockValueError, createBlockEncoder } from './native/block-encoder.ts';
export type { ColumnSpec, RowOf, Schema } from './native/type.ts';
export { defineQuery, type Query } from './query.ts';
export { bigInteger, integer, utcMs } from './wire.ts';
