import kafkajs, { type KafkaConfig, type Mechanism, type SASLOptions } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import type { KafkaSecurity, SaslSettings, TokenSource } from './security.ts';

const { KafkaJSNonRetriableError } = kafkajs; // not among the names Node sees in a CommonJS module

/** As kafkajs says it of the other mechanisms: it gives up, and so do we. */
const refused = (message: string): Error =>
  Object.assign(new KafkaJSNonRetriableError(message), { name: 'KafkaJSSASLAuthenticationError' });

const sized = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
};

/** RFC 7628, 3.1: the client's first message. */
const firstMessage = (value: string, extensions: Readonly<Record<string, string>>): string => {
  const more = Object.entries(extensions).map(([name, text]) => `\x01${name}=${text}`);
  return `n,,\x01auth=Bearer ${value}${more.join('')}\x01\x01`;
};

/**
 * OAUTHBEARER by a provider of our own. kafkajs's takes a refusal for success, because a broker tells it in the bytes of
 * an answer without error: then the broker hangs up, and that is tried again for ever.
 */
const oauthBearer = (token: TokenSource): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }) => ({
    authenticate: async () => {
      const { value, extensions } = await token().catch((error: unknown) => {
        if (error instanceof EventLogError && !error.retriable) throw refused(error.message);
        throw error;
      });
      await saslAuthenticate({
        request: { encode: () => sized(firstMessage(value, extensions)) },
        response: {
          decode: (bytes) => bytes,
          parse: (bytes) => {
            const size = bytes.readInt32BE(0);
            if (size > 0) throw refused('the broker refuses the token');
          },
        },
      });
    },
  }),
});

/** Made anew for each client: kafkajs writes into it. */
const saslOf = (sasl: SaslSettings): SASLOptions | Mechanism => {
  switch (sasl.mechanism) {
    case 'OAUTHBEARER':
      return oauthBearer(sasl.token);
    case 'PLAIN':
      return { mechanism: 'plain', username: sasl.username, password: sasl.password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username: sasl.username, password: sasl.password };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username: sasl.username, password: sasl.password };
  }
};

/** The same for kafkajs. */
export const forKafkajs = ({ tls, sasl }: KafkaSecurity): Pick<KafkaConfig, 'ssl' | 'sasl'> => ({
  ...(tls && { ssl: { ...tls } }),
  ...(sasl && { sasl: saslOf(sasl) }),
});
