import { setTimeout as delay } from 'node:timers/promises';
import {
  createKafkaLog,
  type EventLog,
  EventLogError,
  type KafkaDriver,
  type KafkaSecurity,
  type LogRecord,
  loadKafkaDriver,
} from '@cartledger/event-log';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { KAFKA_DRIVERS } from './kafka-drivers.ts';
import { PASSWORD, SESSION_MS, type SecuredKafka, startSecuredKafka, USER } from './secured-kafka.ts';

let kafka: SecuredKafka;
beforeAll(async () => {
  kafka = await startSecuredKafka();
}, 90_000);
afterAll(() => kafka[Symbol.asyncDispose]());

type Way = { brokers: keyof SecuredKafka['brokers']; security: () => KafkaSecurity };

const base64 = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');
/** A token that nobody signed, of this many seconds from now on. */
const tokenFor = (seconds: number): string => {
  const now = Math.floor(Date.now() / 1_000);
  return `${base64({ alg: 'none' })}.${base64({ sub: USER, iat: now + Math.min(0, seconds) - 10, exp: now + seconds })}.`;
};
const bearer = (seconds: number): KafkaSecurity => ({
  sasl: { mechanism: 'OAUTHBEARER', token: async () => ({ value: tokenFor(seconds), extensions: {} }) },
});
const user = (mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password = PASSWORD): KafkaSecurity => ({
  sasl: { mechanism, username: USER, password },
});
const tls = (): KafkaSecurity => ({ tls: { ca: kafka.ca } });

const lines: string[] = [];
const note = (fields: object, message: string): void => void lines.push(JSON.stringify([fields, message]));
const logger = { debug: note, info: note, warn: note, error: note };

const openOver = async (name: KafkaDriver, { brokers, security }: Way): Promise<EventLog> => {
  const driver = await loadKafkaDriver(name);
  const log = createKafkaLog({
    brokers: kafka.brokers[brokers],
    clientId: 'secured',
    driver,
    security: security(),
    logger,
  });
  onTestFinished(() => log.stop());
  return log;
};

let topics = 0;
const newTopic = (): string => `secured-${process.pid}-${topics++}`;

/** One who reads a group's records, and commits each. */
const follow = async (log: EventLog, topic: string) => {
  const records: LogRecord[] = [];
  const committed: Promise<boolean>[] = [];
  const fatal: Error[] = [];
  const consumer = await log.consume({
    topic,
    groupId: `${topic}-group`,
    handlers: {
      onAssigned: async ({ committed }) => committed?.offset ?? 'earliest',
      onRevoked: () => {},
      onGap: () => {},
      onFatal: (error) => void fatal.push(error),
      onBatch: (batch) => {
        for (const record of batch.records) {
          records.push(record);
          committed.push(consumer.commit(batch.partition, batch.assignmentEpoch, record.offset + 1n, ''));
        }
      },
    },
  });
  onTestFinished(() => consumer.stop());
  return { records, committed, fatal };
};

const WAYS: Record<string, Way> = {
  TLS: { brokers: 'tls', security: tls },
  'TLS with a client certificate': {
    brokers: 'mtls',
    security: () => ({ tls: { ca: kafka.ca, ...kafka.client } }),
  },
  'SASL PLAIN': { brokers: 'sasl', security: () => user('PLAIN') },
  'SASL SCRAM-SHA-256': { brokers: 'sasl', security: () => user('SCRAM-SHA-256') },
  'SASL SCRAM-SHA-512': { brokers: 'sasl', security: () => user('SCRAM-SHA-512') },
  'SASL OAUTHBEARER': { brokers: 'sasl', security: () => bearer(3_600) },
  'SASL SCRAM-SHA-512 over TLS': { brokers: 'saslTls', security: () => ({ ...tls(), ...user('SCRAM-SHA-512') }) },
};

describe.each(KAFKA_DRIVERS)('over %s', (driver) => {
  const open = (way: Way): Promise<EventLog> => openOver(driver, way);

  describe.each(Object.keys(WAYS))('%s', (name) => {
    test('writes, reads and commits', async () => {
      const way = WAYS[name];
      if (!way) throw new Error(name);
      const log = await open(way);
      const topic = newTopic();
      await log.ensureTopic(topic, { partitions: 1 });
      expect(await log.healthy()).toBe(true);
      const { records, committed } = await follow(log, topic);
      await log.produce(topic, [{ key: 'k', value: Buffer.from('hello') }]);
      await vi.waitFor(() => expect(records.map(({ value }) => String(value))).toEqual(['hello']), { timeout: 20_000 });
      expect(await Promise.all(committed)).toEqual([true]);
    });
  });

  describe('a client that is refused is told so for good, in seconds, and no secret is told', () => {
    const REFUSED: Record<string, Way> = {
      'a wrong password of PLAIN': { brokers: 'sasl', security: () => user('PLAIN', 'hunter2') },
      'a wrong password of SCRAM': { brokers: 'sasl', security: () => user('SCRAM-SHA-256', 'hunter2') },
      'an expired token': { brokers: 'sasl', security: () => bearer(-100) },
      'an authority that is not ours': { brokers: 'tls', security: () => ({ tls: { ca: kafka.stranger.cert } }) },
      'a client certificate of somebody else': {
        brokers: 'mtls',
        security: () => ({ tls: { ca: kafka.ca, ...kafka.stranger } }),
      },
      'no client certificate': { brokers: 'mtls', security: tls },
    };

    test.each(Object.keys(REFUSED))('%s', async (name) => {
      const way = REFUSED[name];
      if (!way) throw new Error(name);
      lines.length = 0;
      const log = await open(way);
      const began = Date.now();
      const error = await log.produce(newTopic(), [{ key: 'k', value: null }]).catch((failure: unknown) => failure);
      expect(Date.now() - began).toBeLessThan(5_000);
      expect(error).toBeInstanceOf(EventLogError);
      expect(error).toMatchObject({ code: 'unavailable', retriable: false });
      expect(await log.healthy()).toBe(false);
      const told = `${error}${lines.join('')}`;
      expect(told).not.toContain('hunter2');
      expect(told).not.toContain(base64({ alg: 'none' }));
    });
  });

  test('who has to prove anew who it is loses nothing meanwhile', { timeout: 60_000 }, async () => {
    let tokens = 0;
    const log = await open({
      brokers: 'sasl',
      security: () => ({
        sasl: {
          mechanism: 'OAUTHBEARER',
          token: async () => {
            tokens += 1;
            return { value: tokenFor(3_600), extensions: {} };
          },
        },
      }),
    });
    const topic = newTopic();
    await log.ensureTopic(topic, { partitions: 1 });
    const { records, committed, fatal } = await follow(log, topic);
    const end = Date.now() + SESSION_MS * 1.4;
    let sent = 0;
    while (Date.now() < end) {
      await log.produce(topic, [{ key: 'k', value: Buffer.from(String(sent)) }]);
      sent += 1;
      await delay(50); // traffic over the end of the session
    }
    await vi.waitFor(() => expect(records.map(({ value }) => Number(value))).toHaveLength(sent), { timeout: 20_000 });
    expect(records.map(({ value }) => Number(value))).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect((await Promise.all(committed)).every(Boolean)).toBe(true);
    expect(fatal).toEqual([]);
    expect(tokens).toBeGreaterThan(3);
  });
});
