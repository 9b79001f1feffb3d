import type { Broker } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import type { RawRequest } from '../protocol/request.ts';

/** What kafkajs's connection takes; it asks for its own Encoder and uses just these two of its fields. */
type Protocol<Answer> = {
  request: {
    apiKey: number;
    apiVersion: number;
    apiName: string;
    encode(): Promise<{ buf: Buffer; buffer: Buffer }>;
  };
  response: {
    decode(payload: Buffer): Promise<{ answer: Answer; clientSideThrottleTime: number }>;
    parse(decoded: { answer: Answer }): Promise<Answer>;
  };
  logResponseError: boolean;
  /** Null: as usual. */
  requestTimeout: number | null;
};

type RawBroker = Broker & {
  versions: Record<number, { minVersion: number; maxVersion: number }> | null;
  connectionPool: { send<Answer>(protocol: Protocol<Answer>): Promise<Answer> };
};

function isRaw(broker: Broker): broker is RawBroker {
  return 'connectionPool' in broker && 'versions' in broker;
}

function rawOf(broker: Broker): RawBroker {
  if (!isRaw(broker)) {
    throw new EventLogError('unavailable', 'this kafkajs cannot be asked by raw requests: 2.2.4 can', {
      retriable: false,
    });
  }
  return broker;
}

/** The newest version of a request that the broker takes; 0 when it knows none. */
export function newestVersion(broker: Broker, apiKey: number): number {
  return rawOf(broker).versions?.[apiKey]?.maxVersion ?? 0;
}

/**
 * Asks a broker over kafkajs's connection to it, with its TLS, SASL and timeouts, in versions and with decoders that
 * kafkajs has not. Throws what kafkajs throws.
 */
export async function sendRaw<Answer>(broker: Broker, request: RawRequest<Answer>): Promise<Answer> {
  const { apiKey, apiVersion, apiName, body, timeoutMs = null, decode } = request;
  try {
    return await rawOf(broker).connectionPool.send({
      request: { apiKey, apiVersion, apiName, encode: async () => ({ buf: body, buffer: body }) },
      response: {
        async decode(payload) {
          const { answer, throttleMs } = decode(payload);
          return { answer, clientSideThrottleTime: throttleMs };
        },
        parse: async ({ answer }) => answer,
      },
      logResponseError: false,
      requestTimeout: timeoutMs,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') {
      await broker.disconnect(); // as kafkajs does: else it is taken for connected
    }
    throw error;
  }
}
