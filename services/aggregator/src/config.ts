import { MAX_COMPONENT_EVENTS } from '@cartledger/history';
import { integer, LOG_LEVELS, loadConfig, port, secret } from '@cartledger/service';
import { validate } from 'node-cron';
import { z } from 'zod';
import type { RestConfig } from './rest.ts';

export type AggregatorConfig = {
  /** When runs begin, as node-cron says it (with seconds), UTC. */
  cron: string;
  /** Whose positions say how far the log has been taken in. */
  topic: string;
  /** How long a killed aggregator keeps others waiting. */
  leaseTtlMs: number;
  /** Touched visitors of one run, except that a single batch may have more. */
  maxTouches: number;
  /**
   * While a backlog lasts, each run takes twice as many as the one before, up to this many: a visitor who is in many
   * batches is then recomputed once and not once a batch.
   */
  maxBacklogTouches: number;
  /** Visitors closed over the identity graph at once. */
  pageVisitors: number;
  /** Events held in memory at once and rows of one insert, roughly; a single component may have more. */
  maxEvents: number;
  /** A store with a component of more events stands still, named, and is tried again; others go on. */
  maxComponentEvents: number;
  /** How long one run may make rollups, ms; what is left of dirty days is for the next. */
  rollupMs: number;
  /** How long one run may go on with the daily sweep, ms, after its first page. */
  sweepMs: number;
  /** While events keep coming in, rollups are made no more often than this; readers turn to the ledger meanwhile. */
  rollupEveryMs: number;
  /** How much of the time runs may take. */
  rest: RestConfig;
  /** How far `as_of` of a store without news may lag behind. */
  asOfStepMs: number;
  /** Touches that are done and older than this are deleted. */
  cleanupAgeMs: number;
  backoff: { baseMs: number; maxMs: number };
  /** How long a store whose ledgers cannot be computed is left alone. */
  holdBackoff: { baseMs: number; maxMs: number };
};

export const DEFAULT_CONFIG: AggregatorConfig = {
  cron: '* * * * * *',
  topic: 'storefront-events',
  leaseTtlMs: 15_000,
  maxTouches: 20_000,
  maxBacklogTouches: 640_000,
  pageVisitors: 20_000,
  maxEvents: 50_000,
  maxComponentEvents: MAX_COMPONENT_EVENTS,
  rollupMs: 2_000,
  sweepMs: 500,
  rollupEveryMs: 10_000,
  rest: { share: 0.1, burstMs: 10_000, maxRestMs: 30_000 },
  asOfStepMs: 5_000,
  cleanupAgeMs: 86_400_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
  holdBackoff: { baseMs: 5_000, maxMs: 300_000 },
};

const schema = z.object({
  CARTLEDGER_CLICKHOUSE_URL: secret(z.url()).describe('the address of ClickHouse’s HTTP port'),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().min(1).default('cartledger'),
  CARTLEDGER_POSTGRES_URL: secret(z.url()).optional(),
  CARTLEDGER_DATA: z.string().min(1).default('.cartledger'),
  CARTLEDGER_HOST: z.string().min(1).default('127.0.0.1'),
  CARTLEDGER_AGGREGATOR_PORT: port().default(8403).describe('a port for health and metrics'),
  CARTLEDGER_AGGREGATOR_CRON: z
    .string()
    .refine((expression) => validate(expression), 'no cron expression')
    .default(DEFAULT_CONFIG.cron)
    .describe('a cron expression, with seconds: * * * * * * is every second'),
  CARTLEDGER_AGGREGATOR_TIME_PERCENT: integer(1, 100)
    .default(DEFAULT_CONFIG.rest.share * 100)
    .describe('how much of the time runs may take in the long run, in percent'),
  CARTLEDGER_MAX_COMPONENT_EVENTS: integer(1_000, 100_000_000)
    .default(DEFAULT_CONFIG.maxComponentEvents)
    .describe('how many events that hang together are computed at once; memory grows with it'),
  CARTLEDGER_EVENTS_TOPIC: z.string().min(1).default(DEFAULT_CONFIG.topic),
  CARTLEDGER_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** What an aggregator needs to run alone: a ClickHouse and a control store that others can reach too. */
export type MainConfig = {
  clickhouse: { url: string; database: string };
  /** Absent: SQLite in `data`, shared with the other services of this machine. */
  postgresUrl?: string;
  data: string;
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  aggregator: Partial<AggregatorConfig>;
};

/** Throws ConfigError with every problem at once. */
export const readConfig = (env = process.env): MainConfig => {
  const c = loadConfig(schema, env);
  return {
    clickhouse: { url: c.CARTLEDGER_CLICKHOUSE_URL, database: c.CARTLEDGER_CLICKHOUSE_DATABASE },
    ...(c.CARTLEDGER_POSTGRES_URL !== undefined && { postgresUrl: c.CARTLEDGER_POSTGRES_URL }),
    data: c.CARTLEDGER_DATA,
    host: c.CARTLEDGER_HOST,
    port: c.CARTLEDGER_AGGREGATOR_PORT,
    logLevel: c.CARTLEDGER_LOG_LEVEL,
    aggregator: {
      cron: c.CARTLEDGER_AGGREGATOR_CRON,
      rest: { ...DEFAULT_CONFIG.rest, share: c.CARTLEDGER_AGGREGATOR_TIME_PERCENT / 100 },
      maxComponentEvents: c.CARTLEDGER_MAX_COMPONENT_EVENTS,
      topic: c.CARTLEDGER_EVENTS_TOPIC,
    },
  };
};
