import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigError, loadConfig } from '@cartledger/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { kafkaDriverVariable } from '../driver.ts';
import { kafkaSecurityVariables, readKafkaSecurity, sentInTheOpen } from './variables.ts';

let dir = '';
const file = (name: string): string => join(dir, name);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-kafka-security-'));
  writeFileSync(file('ca.pem'), '-----BEGIN CERTIFICATE-----\nca\n');
  writeFileSync(file('cert.pem'), '-----BEGIN CERTIFICATE-----\ncert\n');
  writeFileSync(file('key.pem'), '-----BEGIN PRIVATE KEY-----\nkey\n');
  writeFileSync(file('not.pem'), 'MIIB');
});
afterAll(() => rmSync(dir, { recursive: true }));

const read = (env: Record<string, string>) =>
  readKafkaSecurity(
    loadConfig(
      z.object(kafkaSecurityVariables),
      Object.fromEntries(Object.entries(env).map(([name, value]) => [`CARTLEDGER_KAFKA_${name}`, value])),
    ),
  );

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    read(env);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
};

describe('TLS', () => {
  test('nothing set is plaintext; a flag is the system’s authorities', () => {
    expect(read({})).toEqual({});
    expect(read({ TLS: 'true' })).toEqual({ tls: {} });
  });

  test('a file turns it on', () => {
    expect(read({ CA: file('ca.pem') })).toEqual({ tls: { ca: '-----BEGIN CERTIFICATE-----\nca\n' } });
    expect(read({ CERT: file('cert.pem'), KEY: file('key.pem'), KEY_PASSPHRASE: 'secret' })).toEqual({
      tls: {
        cert: '-----BEGIN CERTIFICATE-----\ncert\n',
        key: '-----BEGIN PRIVATE KEY-----\nkey\n',
        passphrase: 'secret',
      },
    });
  });

  test('a file that is missing or none of PEM is named with its variable', () => {
    expect(problemsOf({ CA: file('none.pem'), CERT: file('not.pem'), KEY: file('key.pem') })).toEqual([
      `CARTLEDGER_KAFKA_CA is "${file('none.pem')}": the file cannot be read (ENOENT).`,
      `CARTLEDGER_KAFKA_CERT is "${file('not.pem')}": the file is not PEM. Give one that has -----BEGIN in it.`,
    ]);
  });

  test('halves and contradictions are refused', () => {
    expect(problemsOf({ CERT: file('cert.pem') })).toEqual([
      'CARTLEDGER_KAFKA_KEY is not set. CARTLEDGER_KAFKA_CERT needs it.',
    ]);
    expect(problemsOf({ KEY_PASSPHRASE: 'secret' })).toEqual([
      'CARTLEDGER_KAFKA_KEY is not set. CARTLEDGER_KAFKA_KEY_PASSPHRASE needs it.',
    ]);
    expect(problemsOf({ TLS: 'false', CA: file('ca.pem') })).toEqual([
      'CARTLEDGER_KAFKA_CA is set, but CARTLEDGER_KAFKA_TLS is false.',
    ]);
  });
});

describe('SASL', () => {
  test('mechanisms are known in any case', () => {
    const user = { USERNAME: 'ingest', PASSWORD: 'secret' };
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
      expect(read({ SASL_MECHANISM: mechanism.toLowerCase(), ...user })).toEqual({
        sasl: { mechanism, username: 'ingest', password: 'secret' },
      });
  });

  test('an unknown mechanism is refused with those there are, and no secret is told', () => {
    const problems = problemsOf({ SASL_MECHANISM: 'kerberos', PASSWORD: 'hunter2' });
    expect(problems).toEqual([
      'CARTLEDGER_KAFKA_SASL_MECHANISM is "kerberos": not known. Set it to PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
    ]);
  });

  test('what is missing and what is too much is told at once', () => {
    expect(problemsOf({ SASL_MECHANISM: 'PLAIN', USERNAME: 'ingest', OAUTH_SCOPE: 'kafka' })).toEqual([
      'CARTLEDGER_KAFKA_OAUTH_SCOPE is set, but CARTLEDGER_KAFKA_SASL_MECHANISM is PLAIN.',
      'CARTLEDGER_KAFKA_PASSWORD is not set. PLAIN needs it.',
    ]);
    expect(problemsOf({ USERNAME: 'ingest' })).toEqual([
      'CARTLEDGER_KAFKA_USERNAME is set, but CARTLEDGER_KAFKA_SASL_MECHANISM is not.',
    ]);
  });

  test('tokens come from an https endpoint or a file, not from both', () => {
    const endpoint = { OAUTH_TOKEN_URL: 'https://id.example/token', OAUTH_CLIENT_ID: 'i', OAUTH_CLIENT_SECRET: 's' };
    expect(read({ SASL_MECHANISM: 'OAUTHBEARER', ...endpoint }).sasl?.mechanism).toBe('OAUTHBEARER');
    expect(read({ SASL_MECHANISM: 'OAUTHBEARER', OAUTH_TOKEN_FILE: 'token' }).sasl?.mechanism).toBe('OAUTHBEARER');
    expect(problemsOf({ SASL_MECHANISM: 'OAUTHBEARER', OAUTH_TOKEN_FILE: 'token', ...endpoint })).toHaveLength(3);
    expect(problemsOf({ SASL_MECHANISM: 'OAUTHBEARER', ...endpoint, OAUTH_TOKEN_URL: 'http://id.example/' })).toEqual([
      'CARTLEDGER_KAFKA_OAUTH_TOKEN_URL is not https: the client’s secret would be sent in the open.',
    ]);
    expect(problemsOf({ SASL_MECHANISM: 'OAUTHBEARER' })).toEqual([
      'CARTLEDGER_KAFKA_OAUTH_TOKEN_URL is not set. OAUTHBEARER (or CARTLEDGER_KAFKA_OAUTH_TOKEN_FILE) needs it.',
    ]);
  });

  test('extensions are pairs', () => {
    const file = { SASL_MECHANISM: 'OAUTHBEARER', OAUTH_TOKEN_FILE: 'token' };
    expect(read({ ...file, OAUTH_EXTENSIONS: 'logicalCluster=lkc-1,identityPoolId=pool=2' }).sasl).toBeDefined();
    expect(problemsOf({ ...file, OAUTH_EXTENSIONS: 'logicalCluster' })[0]).toContain('not of the form name=value');
  });
});

test('a password or token in plain text is told of, unless it goes to this machine', () => {
  const plain = { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } } as const;
  const brokers = ['kafka.example:9092', 'localhost:9092', '127.0.0.1:9092', '[::1]:9092'];
  expect(sentInTheOpen(brokers, plain)).toEqual(['kafka.example:9092']);
  expect(sentInTheOpen(brokers, { ...plain, tls: {} })).toEqual([]);
  expect(sentInTheOpen(brokers, { sasl: { ...plain.sasl, mechanism: 'SCRAM-SHA-256' } })).toEqual([]);
});

test('docs/kafka.md has them all, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../../docs/kafka.md'), 'utf8');
  const documented = new Set(page.match(/CARTLEDGER_KAFKA_[A-Z_]+/g));
  const known = Object.keys({ ...kafkaSecurityVariables, ...kafkaDriverVariable });
  expect(documented).toEqual(new Set([...known, 'CARTLEDGER_KAFKA_BROKERS']));
});
