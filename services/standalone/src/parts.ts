import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '@cartledger/clickhouse';
import { type Control, createControl } from '@cartledger/control';
import { createEmbeddedLog, createKafkaLog, type EventLog } from '@cartledger/event-log';
import { startClickHouse } from '@cartledger/local-stack';
import type { Logger } from '@cartledger/service';
import type { StandaloneConfig } from './config.ts';

/** Where the embedded ClickHouse listens, for who wants to connect a SQL client. */
export type OpenedClickHouse = { clickhouse: ClickHouse; url: string; exited: Promise<void> | null };

/** The ClickHouse of the configuration, else an embedded one. What is opened goes on `stack`. */
export const openClickHouse = async (
  { clickhouseUrl, clickhouseDatabase: database, data }: StandaloneConfig,
  stack: AsyncDisposableStack,
): Promise<OpenedClickHouse> => {
  if (clickhouseUrl !== undefined)
    return {
      clickhouse: stack.use(createClickHouse({ url: clickhouseUrl, database })),
      url: clickhouseUrl,
      exited: null,
    };
  // One machine has no replica: an insert is answered when it is on disk.
  const server = stack.use(await startClickHouse({ dir: join(data, 'clickhouse'), fsyncAfterInsert: true }));
  return {
    clickhouse: stack.use(createClickHouse({ url: server.url, database })),
    url: server.url,
    exited: server.exited,
  };
};

export const openControl = ({ postgresUrl, data }: StandaloneConfig, stack: AsyncDisposableStack): Control =>
  stack.use(
    createControl(
      postgresUrl !== undefined
        ? { dialect: 'postgres', url: postgresUrl }
        : { dialect: 'sqlite', path: join(data, 'control.db') },
    ),
  );

export const openLog = (
  { kafkaBrokers, data }: StandaloneConfig,
  logger: Logger,
  stack: AsyncDisposableStack,
): EventLog =>
  stack.use(
    kafkaBrokers !== undefined
      ? createKafkaLog({ brokers: kafkaBrokers, clientId: 'cartledger', logger })
      : createEmbeddedLog({ dir: join(data, 'log') }),
  );
