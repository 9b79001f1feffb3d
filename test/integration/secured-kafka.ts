/** A broker that takes clients in plain text, over TLS, with client certificates, with SASL, and with both. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startKafka } from '@cartledger/local-stack';
import { generate } from 'selfsigned';

const JAAS = 'org.apache.kafka.common.security';
export const USER = 'ingest';
export const PASSWORD = 'a good secret';
/** Clients have to prove anew who they are this often. */
export const SESSION_MS = 15_000;

type Signer = { key: string; cert: string };

const authority = async (name: string): Promise<Signer> => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  return { key, cert };
};

const certified = async (name: string, ca: Signer): Promise<Signer> => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca,
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key, cert };
};

const ofTls = (listener: string, dir: string): Record<string, string> => ({
  [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
  [`listener.name.${listener}.ssl.keystore.location`]: join(dir, 'server.pem'),
  [`listener.name.${listener}.ssl.truststore.type`]: 'PEM',
  [`listener.name.${listener}.ssl.truststore.location`]: join(dir, 'ca.pem'),
});

const ofSasl = (listener: string): Record<string, string | number> => ({
  [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
  [`listener.name.${listener}.plain.sasl.jaas.config`]: `${JAAS}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
  [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: `${JAAS}.scram.ScramLoginModule required;`,
  [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: `${JAAS}.scram.ScramLoginModule required;`,
  // Kafka's own validator for development: it believes unsigned tokens, but not expired ones.
  [`listener.name.${listener}.oauthbearer.sasl.jaas.config`]: `${JAAS}.oauthbearer.OAuthBearerLoginModule required;`,
  [`listener.name.${listener}.connections.max.reauth.ms`]: SESSION_MS,
});

export const startSecuredKafka = async () => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-secured-kafka-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const ca = await authority('cartledger test authority');
  const [server, client, stranger] = await Promise.all([
    certified('localhost', ca),
    certified(USER, ca),
    authority('somebody else').then((other) => certified(USER, other)),
  ]);
  writeFileSync(join(dir, 'server.pem'), server.key + server.cert, { mode: 0o600 });
  writeFileSync(join(dir, 'ca.pem'), ca.cert);
  const [tls, mtls, sasl, saslTls] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const kafka = stack.use(
    await startKafka({
      dir,
      listeners: {
        TLS: { port: tls, protocol: 'SSL' },
        MTLS: { port: mtls, protocol: 'SSL' },
        SASL: { port: sasl, protocol: 'SASL_PLAINTEXT' },
        SASLTLS: { port: saslTls, protocol: 'SASL_SSL' },
      },
      scramUsers: { [USER]: PASSWORD },
      properties: {
        ...ofTls('tls', dir),
        ...ofTls('mtls', dir),
        'listener.name.mtls.ssl.client.auth': 'required',
        ...ofTls('sasltls', dir),
        ...ofSasl('sasl'),
        ...ofSasl('sasltls'),
      },
    }),
  );
  const owned = stack.move();
  const at = (port: number): string => `127.0.0.1:${port}`;
  return {
    brokers: { plain: kafka.brokers, tls: at(tls), mtls: at(mtls), sasl: at(sasl), saslTls: at(saslTls) },
    ca: ca.cert,
    client,
    /** Certified by an authority that the broker does not know. */
    stranger,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
export type SecuredKafka = Awaited<ReturnType<typeof startSecuredKafka>>;
