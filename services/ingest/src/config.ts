import {
  DEAD_LETTERS_TOPIC,
  EVENTS_TOPIC,
  type KafkaDriver,
  type KafkaSecurity,
  kafkaDriverVariable,
  kafkaSecurityVariables,
  readKafkaSecurity,
  SESSION_TIMEOUT_MS,
} from '@cartledger/event-log';
import { integer, LOG_LEVELS, list, loadConfig, port, secret } from '@cartledger/service';
import { z } from 'zod';
import type { BatchBounds } from './batcher.ts';

export type IngestConfig = {
  topic: string;
  deadLettersTopic: string;
  /** Of the topics, where they have to be made. */
  partitions: number;
  groupId: string;
  batch: BatchBounds;
  /** Of all partitions together, from the log to the store. */
  maxBytesInFlight: number;
  /** How often stores are read anew, and how often at most when one is missed. */
  stores: { refreshMs: number; minIntervalMs: number };
  /** How often tombstones of erased subjects are read anew, and how old what a batch goes by may be at most. */
  tombstones: { refreshMs: number; maxAgeMs: number };
  /** How often progress is reported. */
  progressMs: number;
  /** How long a partition may stand still before its consumer is started anew. */
  stallMs: number;
  /** How long stopping waits for batches in hand. */
  stopGraceMs: number;
  /** Between attempts while a store does not answer. */
  backoff: { baseMs: number; maxMs: number };
};

export const DEFAULT_CONFIG: IngestConfig = {
  topic: EVENTS_TOPIC,
  deadLettersTopic: DEAD_LETTERS_TOPIC,
  partitions: 4,
  groupId: 'cartledger-ingest',
  batch: { maxRows: 20_000, maxBytes: 16 * 2 ** 20, maxAgeMs: 500 },
  maxBytesInFlight: 64 * 2 ** 20,
  stores: { refreshMs: 3_000, minIntervalMs: 1_000 },
  tombstones: { refreshMs: 2_000, maxAgeMs: 5_000 },
  progressMs: 500,
  stallMs: 30_000,
  stopGraceMs: 5_000,
  backoff: { baseMs: 100, maxMs: 10_000 },
};

/**
 * How long ClickHouse may be silent about an insert, see patience.ts. At first below the group's session, whatever that is:
 * when the partitions of a silent worker go to another, none of its inserts is waited for any more. A store that is slow,
 * whatever it is sent, gets more, or nothing would ever be taken in: up to what its connection gives any call. Heartbeats
 * do not wait for inserts. One that was given up and lands late is written twice, which changes nothing.
 */
export const INSERT_PATIENCE = { leastMs: 0.8 * SESSION_TIMEOUT_MS, mostMs: 60_000 };

const schema = z.object({
  CARTLEDGER_KAFKA_BROKERS: list().describe('host:port of Kafka brokers, comma-separated'),
  ...kafkaDriverVariable,
  ...kafkaSecurityVariables,
  CARTLEDGER_CLICKHOUSE_URL: secret(z.url()).describe('the address of ClickHouse’s HTTP port'),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().min(1).default('cartledger'),
  CARTLEDGER_POSTGRES_URL: secret(z.url()).optional(),
  CARTLEDGER_DATA: z.string().min(1).default('.cartledger'),
  CARTLEDGER_HOST: z.string().min(1).default('127.0.0.1'),
  CARTLEDGER_INGEST_PORT: port().default(8402).describe('a port for health and metrics'),
  CARTLEDGER_INGEST_GROUP: z.string().min(1).default(DEFAULT_CONFIG.groupId),
  CARTLEDGER_INGEST_MAX_BYTES_IN_FLIGHT: integer(2 ** 20).default(DEFAULT_CONFIG.maxBytesInFlight),
  CARTLEDGER_EVENTS_TOPIC: z.string().min(1).default(EVENTS_TOPIC),
  CARTLEDGER_DEAD_LETTERS_TOPIC: z.string().min(1).default(DEAD_LETTERS_TOPIC),
  CARTLEDGER_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** What ingest needs to run alone: a log and a ClickHouse that others can reach too. */
export type MainConfig = {
  brokers: string[];
  kafkaDriver: KafkaDriver;
  kafkaSecurity: KafkaSecurity;
  clickhouse: { url: string; database: string };
  /** Absent: SQLite in `data`, shared with the other services of this machine. */
  postgresUrl?: string;
  data: string;
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  ingest: Partial<IngestConfig>;
};

/** Throws ConfigError with every problem at once. */
export const readConfig = (env = process.env): MainConfig => {
  const c = loadConfig(schema, env);
  return {
    brokers: c.CARTLEDGER_KAFKA_BROKERS,
    kafkaDriver: c.CARTLEDGER_KAFKA_DRIVER,
    kafkaSecurity: readKafkaSecurity(c),
    clickhouse: { url: c.CARTLEDGER_CLICKHOUSE_URL, database: c.CARTLEDGER_CLICKHOUSE_DATABASE },
    ...(c.CARTLEDGER_POSTGRES_URL !== undefined && { postgresUrl: c.CARTLEDGER_POSTGRES_URL }),
    data: c.CARTLEDGER_DATA,
    host: c.CARTLEDGER_HOST,
    port: c.CARTLEDGER_INGEST_PORT,
    logLevel: c.CARTLEDGER_LOG_LEVEL,
    ingest: {
      topic: c.CARTLEDGER_EVENTS_TOPIC,
      deadLettersTopic: c.CARTLEDGER_DEAD_LETTERS_TOPIC,
      groupId: c.CARTLEDGER_INGEST_GROUP,
      maxBytesInFlight: c.CARTLEDGER_INGEST_MAX_BYTES_IN_FLIGHT,
    },
  };
};
