/** Where services that already run are to be found; what is not set is looked for on this machine. */
export interface LocalStackConfig {
  readonly clickhouseUrl: string | undefined;
  readonly kafkaBrokers: string | undefined;
  readonly postgresUrl: string | undefined;
}

export const readConfig = (env: NodeJS.ProcessEnv = process.env): LocalStackConfig => ({
  clickhouseUrl: env.CARTLEDGER_CLICKHOUSE_URL || undefined,
  kafkaBrokers: env.CARTLEDGER_KAFKA_BROKERS || undefined,
  postgresUrl: env.CARTLEDGER_POSTGRES_URL || undefined,
});

/** The environment of the servers started here: this process's own, without Cartledger's settings and secrets. */
export const childEnvironment = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !/^(CARTLEDGER_|NODE_OPTIONS$|VITEST)/.test(name))),
  TZ: 'UTC',
});
