import {
  type KafkaDriver,
  type KafkaSecurity,
  kafkaDriverVariable,
  kafkaSecurityVariables,
  readKafkaSecurity,
} from '@cartledger/event-log';
import { flag, integer, LOG_LEVELS, list, loadConfig, port, secret } from '@cartledger/service';
import { z } from 'zod';

const schema = z.object({
  CARTLEDGER_DATA: z.string().min(1).default('.cartledger'),
  CARTLEDGER_HOST: z.string().min(1).default('127.0.0.1'),
  CARTLEDGER_PORT: port().default(8400),
  CARTLEDGER_DEMO: flag().default(true),
  CARTLEDGER_DEMO_DAYS: integer(1, 365).default(30).describe('days of simulated history, 1 to 365'),
  CARTLEDGER_KAFKA_BROKERS: list().optional().describe('host:port of Kafka brokers, comma-separated'),
  ...kafkaDriverVariable,
  ...kafkaSecurityVariables,
  CARTLEDGER_CLICKHOUSE_URL: secret(z.url()).optional(),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().min(1).default('cartledger'),
  CARTLEDGER_ANALYTICS_DATABASE: z.string().min(1).default('analytics'),
  CARTLEDGER_POSTGRES_URL: secret(z.url()).optional(),
  CARTLEDGER_MAX_COMPONENT_EVENTS: integer(1_000, 100_000_000)
    .optional()
    .describe('how many events that hang together are computed at once; memory grows with it'),
  CARTLEDGER_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

export type StandaloneConfig = {
  /** Where the state lies. */
  data: string;
  host: string;
  port: number;
  demo: boolean;
  demoDays: number;
  /** Absent: the embedded log. */
  kafkaBrokers?: string[];
  kafkaDriver: KafkaDriver;
  kafkaSecurity: KafkaSecurity;
  /** Absent: the embedded ClickHouse. */
  clickhouseUrl?: string;
  clickhouseDatabase: string;
  analyticsDatabase: string;
  /** Absent: SQLite. */
  postgresUrl?: string;
  /** Of the aggregator and of readers; absent: their default. */
  maxComponentEvents?: number;
  logLevel: (typeof LOG_LEVELS)[number];
};

export const readConfig = (env = process.env): StandaloneConfig => {
  const c = loadConfig(schema, env);
  return {
    data: c.CARTLEDGER_DATA,
    host: c.CARTLEDGER_HOST,
    port: c.CARTLEDGER_PORT,
    demo: c.CARTLEDGER_DEMO,
    demoDays: c.CARTLEDGER_DEMO_DAYS,
    ...(c.CARTLEDGER_KAFKA_BROKERS && { kafkaBrokers: c.CARTLEDGER_KAFKA_BROKERS }),
    kafkaDriver: c.CARTLEDGER_KAFKA_DRIVER,
    kafkaSecurity: readKafkaSecurity(c),
    ...(c.CARTLEDGER_CLICKHOUSE_URL && { clickhouseUrl: c.CARTLEDGER_CLICKHOUSE_URL }),
    clickhouseDatabase: c.CARTLEDGER_CLICKHOUSE_DATABASE,
    analyticsDatabase: c.CARTLEDGER_ANALYTICS_DATABASE,
    ...(c.CARTLEDGER_POSTGRES_URL && { postgresUrl: c.CARTLEDGER_POSTGRES_URL }),
    ...(c.CARTLEDGER_MAX_COMPONENT_EVENTS !== undefined && {
      maxComponentEvents: c.CARTLEDGER_MAX_COMPONENT_EVENTS,
    }),
    logLevel: c.CARTLEDGER_LOG_LEVEL,
  };
};
