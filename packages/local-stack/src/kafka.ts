import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { onFreePort } from './free-port.ts';
import { kafkaJars } from './kafka-jars.ts';
import { type Kafka, launchNode } from './kafka-node.ts';
import type { KafkaListener } from './kafka-properties.ts';

export interface KafkaOptions {
  /** The log, the configuration and what the broker prints are in this directory; it is made when it is not there. */
  readonly dir: string;
  /** 0 (the default): a free one. */
  readonly port?: number;
  readonly startTimeoutMs?: number;
  /** Further addresses for clients, by name: TLS or SASL, whose settings are given as `properties`. */
  readonly listeners?: Readonly<Record<string, KafkaListener>>;
  /** Passwords of SCRAM users (SHA-256 and SHA-512), made with the log. */
  readonly scramUsers?: Readonly<Record<string, string>>;
  /** Lines of server.properties, over those that a small machine is given. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

const run = promisify(execFile);

/**
 * A real Apache Kafka broker (one KRaft node) on 127.0.0.1, which ends with this process. Needs Java 17 and, the first
 * time, Maven. Topics are not made on first use. Resolves when the broker takes clients.
 *
 * Throws LocalStackError: `not_available` without Java or Maven, `directory_in_use`, `address_in_use`, `did_not_start`.
 */
export const startKafka = async (options: KafkaOptions): Promise<Kafka> => {
  const dir = resolve(options.dir);
  const { startTimeoutMs = 60_000, listeners, scramUsers = {}, properties } = options;
  const jars = await kafkaProgram();
  const lock = await lockDirectory(join(dir, 'lock'), `the Kafka directory ${dir}`);
  try {
    return await onFreePort(options.port, (port) =>
      launchNode({ dir, jars, nodeId: 1, port, quorum: null, startTimeoutMs, listeners, scramUsers, properties }, lock),
    );
  } catch (error) {
    lock.release();
    throw error;
  }
};

/** The jars to start Kafka with, once it is sure that Java runs them. */
export const kafkaProgram = async (): Promise<string> => {
  const [jars] = await Promise.all([kafkaJars(), requireJava()]);
  return jars;
};

const requireJava = async (): Promise<void> => {
  const { stderr } = await run('java', ['-version'], { env: childEnvironment() }).catch((error: unknown) => {
    throw new LocalStackError('not_available', `Apache Kafka needs Java: ${installJava}`, { cause: error });
  });
  const major = Number(/version "(\d+)/.exec(stderr)?.[1]);
  if (major < 17) {
    throw new LocalStackError('not_available', `Apache Kafka needs Java 17 or newer, java is ${major}: ${installJava}`);
  }
};

const installJava =
  'install it (Debian and Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk) so that java is on the PATH';
