import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ConfigError, flag, secret } from '@cartledger/service';
import { z } from 'zod';
import { tokenFromEndpoint, tokenFromFile } from './oauth-token.ts';
import type { KafkaSecurity, SaslSettings, TlsSettings, TokenSource } from './security.ts';

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] as const;

/** `name=value,name=value` from a variable. */
const pairs = () =>
  z
    .string()
    .regex(
      /^[A-Za-z]+=[\x20-\x2b\x2d-\x7e]+(,[A-Za-z]+=[\x20-\x2b\x2d-\x7e]+)*$/,
      'not of the form name=value,name=value',
    )
    .transform((text) =>
      Object.fromEntries(
        text.split(',').map((pair): [string, string] => {
          const at = pair.indexOf('=');
          return [pair.slice(0, at), pair.slice(at + 1)];
        }),
      ),
    );

/** What says how Kafka is reached safely: spread into the schema of each service that opens the log. */
export const kafkaSecurityVariables = {
  CARTLEDGER_KAFKA_TLS: flag().optional().describe('true or false'),
  CARTLEDGER_KAFKA_CA: z
    .string()
    .optional()
    .describe('the path of a PEM file with the authorities to trust instead of the system’s'),
  CARTLEDGER_KAFKA_CERT: z.string().optional().describe('the path of the client’s certificate, a PEM file'),
  CARTLEDGER_KAFKA_KEY: z.string().optional().describe('the path of the key of CARTLEDGER_KAFKA_CERT, a PEM file'),
  CARTLEDGER_KAFKA_KEY_PASSPHRASE: secret(z.string()).optional(),
  CARTLEDGER_KAFKA_SASL_MECHANISM: z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(z.enum(MECHANISMS, { error: 'not known' }))
    .optional()
    .describe(MECHANISMS.join(', ')),
  CARTLEDGER_KAFKA_USERNAME: z.string().optional().describe('the user of PLAIN or SCRAM'),
  CARTLEDGER_KAFKA_PASSWORD: secret(z.string()).optional().describe('the password of CARTLEDGER_KAFKA_USERNAME'),
  CARTLEDGER_KAFKA_OAUTH_TOKEN_URL: z
    .url()
    .optional()
    .describe('the https address of the token endpoint (client credentials grant)'),
  CARTLEDGER_KAFKA_OAUTH_CLIENT_ID: z.string().optional().describe('the client’s id at the token endpoint'),
  CARTLEDGER_KAFKA_OAUTH_CLIENT_SECRET: secret(z.string())
    .optional()
    .describe('the client’s secret at the token endpoint'),
  CARTLEDGER_KAFKA_OAUTH_SCOPE: z.string().optional(),
  CARTLEDGER_KAFKA_OAUTH_AUDIENCE: z.string().optional(),
  CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE: z
    .string()
    .optional()
    .describe('the path of a file that holds a token, kept fresh by somebody else, instead of the URL'),
  CARTLEDGER_KAFKA_OAUTH_EXTENSIONS: pairs().optional().describe('SASL extensions, name=value,name=value'),
} as const;

type Name = keyof typeof kafkaSecurityVariables;
type Variables = z.output<z.ZodObject<typeof kafkaSecurityVariables>>;

const PASSWORD_VARIABLES = ['CARTLEDGER_KAFKA_USERNAME', 'CARTLEDGER_KAFKA_PASSWORD'] as const satisfies Name[];
const ENDPOINT_VARIABLES = [
  'CARTLEDGER_KAFKA_OAUTH_CLIENT_ID',
  'CARTLEDGER_KAFKA_OAUTH_CLIENT_SECRET',
] as const satisfies Name[];
const OAUTH_VARIABLES = [
  'CARTLEDGER_KAFKA_OAUTH_TOKEN_URL',
  'CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE',
  'CARTLEDGER_KAFKA_OAUTH_SCOPE',
  'CARTLEDGER_KAFKA_OAUTH_AUDIENCE',
  'CARTLEDGER_KAFKA_OAUTH_EXTENSIONS',
  ...ENDPOINT_VARIABLES,
] as const satisfies Name[];

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * The settings in these variables. Files are read now and never again: a certificate that was renewed needs a restart.
 * Throws ConfigError with every problem at once.
 */
export const readKafkaSecurity = (given: Variables): KafkaSecurity => {
  const problems: string[] = [];

  const pem = (name: 'CARTLEDGER_KAFKA_CA' | 'CARTLEDGER_KAFKA_CERT' | 'CARTLEDGER_KAFKA_KEY'): string | undefined => {
    const path = given[name];
    if (path === undefined) return undefined;
    try {
      const text = readFileSync(path, 'utf8');
      if (text.includes('-----BEGIN ')) return text;
      problems.push(`${name} is ${JSON.stringify(path)}: the file is not PEM. Give one that has -----BEGIN in it.`);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : error;
      problems.push(`${name} is ${JSON.stringify(path)}: the file cannot be read (${code}).`);
    }
    return undefined;
  };
  const needed = (names: readonly Name[], by: string): void => {
    for (const name of names) if (given[name] === undefined) problems.push(`${name} is not set. ${by} needs it.`);
  };
  const refusedWith = (names: readonly Name[], why: string): void => {
    for (const name of names) if (given[name] !== undefined) problems.push(`${name} is set, but ${why}.`);
  };

  const readTls = (): TlsSettings | undefined => {
    const files = (['CARTLEDGER_KAFKA_CA', 'CARTLEDGER_KAFKA_CERT', 'CARTLEDGER_KAFKA_KEY'] as const).filter(
      (name) => given[name] !== undefined,
    );
    if (given.CARTLEDGER_KAFKA_TLS === false) refusedWith(files, 'CARTLEDGER_KAFKA_TLS is false');
    if (given.CARTLEDGER_KAFKA_CERT !== undefined) needed(['CARTLEDGER_KAFKA_KEY'], 'CARTLEDGER_KAFKA_CERT');
    if (given.CARTLEDGER_KAFKA_KEY !== undefined) needed(['CARTLEDGER_KAFKA_CERT'], 'CARTLEDGER_KAFKA_KEY');
    const [ca, cert, key] = [pem('CARTLEDGER_KAFKA_CA'), pem('CARTLEDGER_KAFKA_CERT'), pem('CARTLEDGER_KAFKA_KEY')];
    const passphrase = given.CARTLEDGER_KAFKA_KEY_PASSPHRASE;
    if (passphrase !== undefined) needed(['CARTLEDGER_KAFKA_KEY'], 'CARTLEDGER_KAFKA_KEY_PASSPHRASE');
    if (given.CARTLEDGER_KAFKA_TLS !== true && files.length === 0) return undefined;
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(passphrase && { passphrase }) };
  };

  const readToken = (): TokenSource | undefined => {
    const extensions = given.CARTLEDGER_KAFKA_OAUTH_EXTENSIONS ?? {};
    const { CARTLEDGER_KAFKA_OAUTH_TOKEN_URL: url, CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE: file } = given;
    if (file !== undefined) {
      const others = OAUTH_VARIABLES.filter((name) => !/_TOKEN_FILE$|_EXTENSIONS$/.test(name));
      refusedWith(others, 'CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE is set too: one of both says where tokens come from');
      return tokenFromFile(file, extensions);
    }
    if (url === undefined) {
      needed(['CARTLEDGER_KAFKA_OAUTH_TOKEN_URL'], 'OAUTHBEARER (or CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE)');
      return undefined;
    }
    const { protocol, hostname } = new URL(url);
    if (protocol !== 'https:' && !isThisMachine(hostname))
      problems.push('CARTLEDGER_KAFKA_OAUTH_TOKEN_URL is not https: the client’s secret would be sent in the open.');
    needed(ENDPOINT_VARIABLES, 'CARTLEDGER_KAFKA_OAUTH_TOKEN_URL');
    return tokenFromEndpoint({
      url,
      clientId: given.CARTLEDGER_KAFKA_OAUTH_CLIENT_ID ?? '',
      clientSecret: given.CARTLEDGER_KAFKA_OAUTH_CLIENT_SECRET ?? '',
      ...(given.CARTLEDGER_KAFKA_OAUTH_SCOPE && { scope: given.CARTLEDGER_KAFKA_OAUTH_SCOPE }),
      ...(given.CARTLEDGER_KAFKA_OAUTH_AUDIENCE && { audience: given.CARTLEDGER_KAFKA_OAUTH_AUDIENCE }),
      extensions,
    });
  };

  const readSasl = (): SaslSettings | undefined => {
    const mechanism = given.CARTLEDGER_KAFKA_SASL_MECHANISM;
    if (mechanism === undefined) {
      refusedWith([...PASSWORD_VARIABLES, ...OAUTH_VARIABLES], 'CARTLEDGER_KAFKA_SASL_MECHANISM is not');
      return undefined;
    }
    if (mechanism === 'OAUTHBEARER') {
      refusedWith(PASSWORD_VARIABLES, 'CARTLEDGER_KAFKA_SASL_MECHANISM is OAUTHBEARER');
      const token = readToken();
      return token && { mechanism, token };
    }
    refusedWith(OAUTH_VARIABLES, `CARTLEDGER_KAFKA_SASL_MECHANISM is ${mechanism}`);
    needed(PASSWORD_VARIABLES, mechanism);
    const { CARTLEDGER_KAFKA_USERNAME: username = '', CARTLEDGER_KAFKA_PASSWORD: password = '' } = given;
    return { mechanism, username, password };
  };

  const [tls, sasl] = [readTls(), readSasl()];
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...(tls && { tls }), ...(sasl && { sasl }) };
};

/** The brokers to which what proves who we are would go readable for anybody between; none is well. */
export const sentInTheOpen = (brokers: readonly string[], { tls, sasl }: KafkaSecurity): string[] => {
  if (tls || !sasl || sasl.mechanism.startsWith('SCRAM')) return [];
  return brokers.filter((broker) => !isThisMachine(broker.replace(/:\d+$/, '')));
};
