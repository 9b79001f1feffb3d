export { type ClickHouse, type ClickHouseConfig, createClickHouse, type InsertCondition } from './client.ts';
export { ClickHouseError } from './error.ts';
export { type AppliedMigration, MigrationError, migrate } from './migrate.ts';
export { type Block, type BlockEncoder, BlockValueError, createBlockEncoder } from './native/block-encoder.ts';
export type { ColumnSpec, RowOf, Schema } from './native/type.ts';
export { defineQuery, type Query } from './query.ts';
export { bigInteger, integer, utcMs } from './wire.ts';
