import type { Broker, ConnectionOptions } from '@platformatic/kafka';
import { parseBroker } from '@platformatic/kafka';
import type { Logger } from '../../logger.ts';
import { brokersOf, type KafkaConnection } from '../connection.ts';
import { forPlatformatic } from '../security/platformatic.ts';

export type ClientSettings = { clientId: string; bootstrap: Broker[]; connections: ConnectionOptions };

/** What every connection of this client is made with. */
export function clientSettings(connection: KafkaConnection, logger: Logger): ClientSettings {
  return {
    clientId: connection.clientId,
    bootstrap: brokersOf(connection, logger).map((broker) => parseBroker(broker)),
    connections: { connectTimeout: 3_000, requestTimeout: 30_000, ...forPlatformatic(connection.security ?? {}) },
  };
}
