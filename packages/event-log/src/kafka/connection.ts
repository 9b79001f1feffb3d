import type { Logger } from '../logger.ts';
import type { KafkaSecurity } from './security/security.ts';
import { sentInTheOpen } from './security/variables.ts';

export type KafkaConnection = {
  /** host:port of some of the cluster's brokers, as a list or separated by commas. */
  brokers: readonly string[] | string;
  clientId: string;
  /** Default: plaintext, and nobody asks who we are. */
  security?: KafkaSecurity;
};

/** The brokers, each by itself; warns when what proves who we are would be sent to them readable for anybody. */
export function brokersOf({ brokers: given, security = {} }: KafkaConnection, logger: Logger): string[] {
  const brokers = typeof given === 'string' ? given.split(',').map((broker) => broker.trim()) : [...given];
  const open = sentInTheOpen(brokers, security);
  if (open.length > 0) {
    logger.warn({ brokers: open }, 'what proves who we are is sent in plain text: set CARTLEDGER_KAFKA_TLS');
  }
  return brokers;
}
