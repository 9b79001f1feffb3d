import {
  EVENTS_TOPIC,
  type KafkaDriver,
  type KafkaSecurity,
  kafkaDriverVariable,
  kafkaSecurityVariables,
  readKafkaSecurity,
} from '@cartledger/event-log';
import { integer, LOG_LEVELS, list, loadConfig, port, secret } from '@cartledger/service';
import { z } from 'zod';
import type { SpoolDirectory } from './spool-directory.ts';

export type CollectorConfig = {
  topic: string;
  /** Of a request's body as sent. */
  maxBodyBytes: number;
  /** Of a request's body once unpacked. */
  maxInflatedBytes: number;
  maxEvents: number;
  /** Imports (admin keys only) may be larger; this bounds the body as sent and unpacked. */
  maxImportBytes: number;
  maxImportEvents: number;
  bodyTimeoutMs: number;
  /** After `bodyGraceMs` a body has to come at this rate. */
  minBodyBytesPerSecond: number;
  bodyGraceMs: number;
  /** Of all bodies, and the records made of them, held at once; beyond it requests are answered 503. A key has half. */
  maxBytesInFlight: number;
  /** How long the log may take before events go into the spool, where there is one. */
  logPatienceMs: number;
  /** How long a stop goes on sending what is in the spool. */
  drainMs: number;
  /** A key's share, per process, where it has none of its own. */
  eventsPerSecond: number;
  burstEvents: number;
  /** Of bodies once unpacked; in proportion more for keys with more events a second of their own. */
  bytesPerSecond: number;
  burstBytes: number;
  maxRequestsPerKey: number;
  /** Whose pages may send: `*`, or origins such as https://shop.example. */
  allowedOrigins: '*' | readonly string[];
};

const KIB = 1024;
const MIB = 1024 * KIB;

export const COLLECTOR_DEFAULTS: CollectorConfig = {
  topic: EVENTS_TOPIC,
  maxBodyBytes: MIB,
  maxInflatedBytes: 4 * MIB,
  maxEvents: 1_000,
  maxImportBytes: 16 * MIB,
  maxImportEvents: 5_000,
  bodyTimeoutMs: 15_000,
  minBodyBytesPerSecond: 1_000,
  bodyGraceMs: 2_000,
  maxBytesInFlight: 64 * MIB,
  logPatienceMs: 2_000,
  drainMs: 2_000,
  eventsPerSecond: 10_000,
  burstEvents: 50_000,
  bytesPerSecond: 20 * MIB,
  burstBytes: 100 * MIB,
  maxRequestsPerKey: 1_000,
  allowedOrigins: '*',
};

/** About 1.5 million events. */
export const SPOOL_MAX_BYTES = 1024 * MIB;

const schema = z.object({
  CARTLEDGER_KAFKA_BROKERS: list().describe(
    'host:port of Kafka brokers, comma-separated (on one machine without Kafka `npm start` runs everything in one process)',
  ),
  ...kafkaDriverVariable,
  ...kafkaSecurityVariables,
  CARTLEDGER_POSTGRES_URL: secret(z.url('not a URL')).describe('the address of PostgreSQL'),
  CARTLEDGER_COLLECTOR_HOST: z.string().default('127.0.0.1'),
  CARTLEDGER_COLLECTOR_PORT: port().default(8401).describe('a TCP port'),
  CARTLEDGER_COLLECTOR_MAX_BODY_BYTES: integer(1_024, 64 * MIB)
    .default(COLLECTOR_DEFAULTS.maxBodyBytes)
    .describe('the largest body of a request as sent, in bytes'),
  CARTLEDGER_COLLECTOR_MAX_INFLATED_BYTES: integer(1_024, 256 * MIB)
    .default(COLLECTOR_DEFAULTS.maxInflatedBytes)
    .describe('the largest body of a request once unpacked, in bytes'),
  CARTLEDGER_COLLECTOR_MAX_BYTES_IN_FLIGHT: integer(MIB)
    .default(COLLECTOR_DEFAULTS.maxBytesInFlight)
    .describe('the bytes of all bodies held at once'),
  CARTLEDGER_COLLECTOR_EVENTS_PER_SECOND: integer(1)
    .default(COLLECTOR_DEFAULTS.eventsPerSecond)
    .describe("a key's events a second"),
  CARTLEDGER_COLLECTOR_BURST_EVENTS: integer(1)
    .default(COLLECTOR_DEFAULTS.burstEvents)
    .describe("a key's events at once after a quiet time"),
  CARTLEDGER_COLLECTOR_BYTES_PER_SECOND: integer(1_024)
    .default(COLLECTOR_DEFAULTS.bytesPerSecond)
    .describe("a key's bytes a second, of bodies once unpacked; five seconds of it at once"),
  CARTLEDGER_COLLECTOR_MAX_REQUESTS_PER_KEY: integer(1)
    .default(COLLECTOR_DEFAULTS.maxRequestsPerKey)
    .describe("a key's requests in the making at once"),
  CARTLEDGER_COLLECTOR_MAX_CONNECTIONS: integer(1)
    .default(10_000)
    .describe('the connections held at once; more are closed as they come'),
  CARTLEDGER_COLLECTOR_SPOOL_DIR: z
    .string()
    .default('.cartledger/spool')
    .describe('a directory that outlives the process, for events that come while Kafka is away; or "off"'),
  CARTLEDGER_COLLECTOR_SPOOL_MAX_BYTES: integer(MIB)
    .default(SPOOL_MAX_BYTES)
    .describe('the largest size of the spool on disk, in bytes'),
  CARTLEDGER_COLLECTOR_LOG_PATIENCE_MS: integer(100, 60_000)
    .default(COLLECTOR_DEFAULTS.logPatienceMs)
    .describe('ms that Kafka may take before events go into the spool'),
  CARTLEDGER_COLLECTOR_ALLOWED_ORIGINS: list()
    .optional()
    .describe('origins whose pages may send, such as https://shop.example; not set: any'),
  CARTLEDGER_EVENTS_TOPIC: z.string().default(COLLECTOR_DEFAULTS.topic),
  CARTLEDGER_LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe(LOG_LEVELS.join(', ')),
});

export type ProcessConfig = {
  kafkaBrokers: readonly string[];
  kafkaDriver: KafkaDriver;
  kafkaSecurity: KafkaSecurity;
  postgresUrl: string;
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  maxConnections: number;
  /** Null: none. */
  spool: SpoolDirectory | null;
  collector: CollectorConfig;
};

/** Of a collector that is a process of its own; throws ConfigError with all problems. */
export const readConfig = (env = process.env): ProcessConfig => {
  const c = loadConfig(schema, env);
  return {
    kafkaBrokers: c.CARTLEDGER_KAFKA_BROKERS,
    kafkaDriver: c.CARTLEDGER_KAFKA_DRIVER,
    kafkaSecurity: readKafkaSecurity(c),
    postgresUrl: c.CARTLEDGER_POSTGRES_URL,
    host: c.CARTLEDGER_COLLECTOR_HOST,
    port: c.CARTLEDGER_COLLECTOR_PORT,
    logLevel: c.CARTLEDGER_LOG_LEVEL,
    maxConnections: c.CARTLEDGER_COLLECTOR_MAX_CONNECTIONS,
    spool:
      c.CARTLEDGER_COLLECTOR_SPOOL_DIR === 'off'
        ? null
        : { dir: c.CARTLEDGER_COLLECTOR_SPOOL_DIR, maxBytes: c.CARTLEDGER_COLLECTOR_SPOOL_MAX_BYTES },
    collector: {
      ...COLLECTOR_DEFAULTS,
      topic: c.CARTLEDGER_EVENTS_TOPIC,
      maxBodyBytes: c.CARTLEDGER_COLLECTOR_MAX_BODY_BYTES,
      maxInflatedBytes: c.CARTLEDGER_COLLECTOR_MAX_INFLATED_BYTES,
      maxBytesInFlight: c.CARTLEDGER_COLLECTOR_MAX_BYTES_IN_FLIGHT,
      eventsPerSecond: c.CARTLEDGER_COLLECTOR_EVENTS_PER_SECOND,
      burstEvents: c.CARTLEDGER_COLLECTOR_BURST_EVENTS,
      bytesPerSecond: c.CARTLEDGER_COLLECTOR_BYTES_PER_SECOND,
      burstBytes: c.CARTLEDGER_COLLECTOR_BYTES_PER_SECOND * 5,
      maxRequestsPerKey: c.CARTLEDGER_COLLECTOR_MAX_REQUESTS_PER_KEY,
      logPatienceMs: c.CARTLEDGER_COLLECTOR_LOG_PATIENCE_MS,
      allowedOrigins: c.CARTLEDGER_COLLECTOR_ALLOWED_ORIGINS ?? '*',
    },
  };
};
