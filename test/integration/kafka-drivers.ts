import type { KafkaDriver } from '@cartledger/event-log';

/** The clients the Kafka log is held to its promises over: a suite runs for each. */
export const KAFKA_DRIVERS: readonly KafkaDriver[] = ['kafkajs', 'platformatic'];

/** Suites of minutes, about what the log does itself whatever the client: the default alone, or all of them when asked. */
export const DRIVERS_AT_LENGTH: readonly KafkaDriver[] =
  process.env.CARTLEDGER_TEST_KAFKA_DRIVERS === 'all' ? KAFKA_DRIVERS : ['kafkajs'];
