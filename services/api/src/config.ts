import { fileURLToPath } from 'node:url';
import { MAX_COMPONENT_EVENTS } from '@cartledger/history';
import { integer, LOG_LEVELS, loadConfig, port, secret } from '@cartledger/service';
import { z } from 'zod';
import type { ReadsConfig } from './reads.ts';

export type ApiConfig = {
  /** Where the dashboard was built. */
  dashboardDir: string;
};

const schema = z.object({
  CARTLEDGER_CLICKHOUSE_URL: secret(z.url('not a URL')).describe("the address of ClickHouse's HTTP port"),
  CARTLEDGER_CLICKHOUSE_DATABASE: z.string().default('cartledger'),
  CARTLEDGER_POSTGRES_URL: secret(z.url('not a URL')).describe('the address of PostgreSQL'),
  CARTLEDGER_API_HOST: z.string().default('127.0.0.1'),
  CARTLEDGER_API_PORT: port().default(8400).describe('a TCP port'),
  CARTLEDGER_DASHBOARD_DIR: z
    .string()
    .default(fileURLToPath(new URL('../../dashboard/dist', import.meta.url)))
    .describe('the folder the dashboard was built into'),
  CARTLEDGER_MAX_COMPONENT_EVENTS: integer(1_000, 100_000_000)
    .default(MAX_COMPONENT_EVENTS)
    .describe('how many events that hang together are computed at once; memory grows with it'),
  CARTLEDGER_LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe(LOG_LEVELS.join(', ')),
});

export type ProcessConfig = {
  clickhouseUrl: string;
  clickhouseDatabase: string;
  postgresUrl: string;
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  api: ApiConfig;
  reads: ReadsConfig;
};

/** Of an API that is a process of its own; throws ConfigError with all problems. */
export const readConfig = (env = process.env): ProcessConfig => {
  const c = loadConfig(schema, env);
  return {
    clickhouseUrl: c.CARTLEDGER_CLICKHOUSE_URL,
    clickhouseDatabase: c.CARTLEDGER_CLICKHOUSE_DATABASE,
    postgresUrl: c.CARTLEDGER_POSTGRES_URL,
    host: c.CARTLEDGER_API_HOST,
    port: c.CARTLEDGER_API_PORT,
    logLevel: c.CARTLEDGER_LOG_LEVEL,
    api: { dashboardDir: c.CARTLEDGER_DASHBOARD_DIR },
    reads: { maxComponentEvents: c.CARTLEDGER_MAX_COMPONENT_EVENTS },
  };
};
