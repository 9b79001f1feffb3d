import { Kafka, logLevel, type RetryOptions } from 'kafkajs';
import type { Logger } from '../../logger.ts';
import { brokersOf, type KafkaConnection } from '../connection.ts';
import { forKafkajs } from '../security/kafkajs.ts';
import { mendKafkajs } from './mends.ts';

/**
 * How often producers and members of groups try again: for about 5 s, which is shorter than a member's session. All
 * values are given: kafkajs's own defaults are others when NODE_ENV is `test`.
 */
export const RETRY = {
  initialRetryTime: 100,
  multiplier: 2,
  factor: 0.2,
  maxRetryTime: 2_000,
  retries: 6,
} satisfies RetryOptions;

/** Of every single request below those: tried again a few times, for each of the two multiplies the other. */
const REQUEST_RETRY = { ...RETRY, retries: 2 } satisfies RetryOptions;

/** What kafkajs says of a message that may go to our logs: where, never what. */
const LOGGED = ['broker', 'groupId', 'memberId', 'topic', 'partition', 'error', 'retryCount', 'retryTime', 'apiName'];

/** A kafkajs client that logs into `logger`: kafkajs calls an error what it then tries again, so that is a warning. */
export function createKafkaClient(connection: KafkaConnection, logger: Logger): Kafka {
  mendKafkajs();
  const { clientId, security = {} } = connection;
  return new Kafka({
    brokers: brokersOf(connection, logger),
    clientId,
    ...forKafkajs(security),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: REQUEST_RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const fields: Record<string, unknown> = { kafkajs: entry.namespace };
      for (const name of LOGGED) {
        if (entry.log[name] !== undefined) {
          fields[name] = entry.log[name];
        }
      }
      const write = entry.level === logLevel.ERROR ? logger.warn : logger.info;
      write.call(logger, fields, entry.log.message);
    },
  });
}
