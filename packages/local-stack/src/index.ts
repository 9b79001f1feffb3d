export { launchBrowser } from './browser.ts';
export { type ClickHouse, type ClickHouseOptions, startClickHouse } from './clickhouse.ts';
export { lockDirectory } from './directory-lock.ts';
export { LocalStackError } from './errors.ts';
export { type FindOptions, type FoundService, findClickHouse, findKafka, findPostgres } from './find.ts';
export { freePort } from './free-port.ts';
export { type Kafka, type KafkaOptions, startKafka } from './kafka.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
