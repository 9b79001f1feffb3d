import { Kafka, logLevel, type RetryOptions } from 'kafkajs';
import type { Logger } from '../../logger.ts';
import { forKafkajs } from '../security/kafkajs.ts';
import type { KafkaSecurity } from '../security/security.ts';
import { sentInTheOpen } from '../security/variables.ts';
import { mendKafkajs } from './mends.ts';

export type KafkaConnection = {
  /** host:port of some of the cluster's brokers, as a list or separated by commas. */
  brokers: readonly string[] | string;
  clientId: string;
  /** Default: plaintext, and nobody asks who we are. */
  security?: KafkaSecurity;
};

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
  const brokers =
    typeof connection.brokers === 'string'
      ? connection.brokers.split(',').map((broker) => broker.trim())
      : [...connection.brokers];
  const open = sentInTheOpen(brokers, security);
  if (open.length > 0)
    logger.warn({ brokers: open }, 'what proves who we are is sent in plain text: set CARTLEDGER_KAFKA_TLS');
  return new Kafka({
    brokers,
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
