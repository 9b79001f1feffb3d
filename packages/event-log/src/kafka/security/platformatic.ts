import type { ConnectionOptions } from '@platformatic/kafka';
import type { KafkaSecurity, SaslSettings, Token } from './security.ts';

type SaslOptions = NonNullable<ConnectionOptions['sasl']>;

/** The same token for the two questions the client asks of each connection: what it is, and what goes with it. */
const oauthBearer = (ask: () => Promise<Token>): SaslOptions => {
  let asked: Promise<Token> | undefined;
  return {
    mechanism: 'OAUTHBEARER',
    token: async () => {
      asked = ask();
      return (await asked).value;
    },
    oauthBearerExtensions: async () => ({ ...(await (asked ?? ask())).extensions }),
    // A broker tells a refusal in the bytes of an answer without error, which the client takes for success.
    authBytesValidator: (bytes, callback) =>
      bytes.length > 0 ? callback(new Error('the broker refuses the token')) : callback(null, bytes),
  };
};

const saslOf = (sasl: SaslSettings): SaslOptions =>
  sasl.mechanism === 'OAUTHBEARER'
    ? oauthBearer(sasl.token)
    : { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };

/** The same for @platformatic/kafka. */
export const forPlatformatic = ({ tls, sasl }: KafkaSecurity): Pick<ConnectionOptions, 'tls' | 'sasl'> => ({
  ...(tls && { tls: { ...tls } }),
  ...(sasl && { sasl: saslOf(sasl) }),
});
