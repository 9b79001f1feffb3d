import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '@cartledger/clickhouse';
import { claimSpool, SPOOL_MAX_BYTES, type Spool } from '@cartledger/collector';
import { type Control, createControl } from '@cartledger/control';
import { createEmbeddedLog, createKafkaLog, type EventLog, loadKafkaDriver } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { superviseClickHouse } from './clickhouse-supervisor.ts';
import type { StandaloneConfig } from './config.ts';

export type OpenedClickHouse = {
  clickhouse: ClickHouse;
  /** For a person's SQL client; of the embedded one with the user that can only read. */
  readUrl: string;
  /** Of the embedded one. */
  port?: number;
};

/** The ClickHouse of the configuration, else an embedded one. What is opened goes on `stack`. */
export const openClickHouse = async (
  { clickhouseUrl, clickhouseDatabase: database, analyticsDatabase, data }: StandaloneConfig,
  watched: Pick<Parameters<typeof superviseClickHouse>[0], 'earlierPort' | 'tell' | 'logger' | 'fail'>,
  stack: AsyncDisposableStack,
): Promise<OpenedClickHouse> => {
  const open = (url: string) => stack.use(createClickHouse({ url, database }));
  if (clickhouseUrl !== undefined) return { clickhouse: open(clickhouseUrl), readUrl: withoutSecrets(clickhouseUrl) };
  // The views of the one run with the rights of who asks, on what is in the other.
  const readableDatabases = [analyticsDatabase, database];
  const dir = join(data, 'clickhouse');
  const server = stack.use(await superviseClickHouse({ dir, readableDatabases, ...watched }));
  return { clickhouse: open(server.url), readUrl: server.readOnlyUrl, port: Number(new URL(server.url).port) };
};

/** An address without the user and password that may stand in it: what is printed may be kept. */
const withoutSecrets = (url: string): string => {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
};

export const openControl = ({ postgresUrl, data }: StandaloneConfig, stack: AsyncDisposableStack): Control =>
  stack.use(
    createControl(
      postgresUrl !== undefined
        ? { dialect: 'postgres', url: postgresUrl }
        : { dialect: 'sqlite', path: join(data, 'control.db') },
    ),
  );

export const openLog = async (
  { kafkaBrokers, kafkaDriver, kafkaSecurity, data }: StandaloneConfig,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<EventLog> =>
  stack.use(
    kafkaBrokers !== undefined
      ? createKafkaLog({
          brokers: kafkaBrokers,
          driver: await loadKafkaDriver(kafkaDriver),
          security: kafkaSecurity,
          clientId: 'cartledger',
          logger,
        })
      : createEmbeddedLog({ dir: join(data, 'log') }),
  );

/** For events that come while Kafka is away. The embedded log is on the disk on which its spool would be. */
export const openSpool = async (
  { kafkaBrokers, data }: StandaloneConfig,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<Spool | null> =>
  kafkaBrokers === undefined
    ? null
    : stack.use(await claimSpool({ dir: join(data, 'spool'), maxBytes: SPOOL_MAX_BYTES }, logger));
