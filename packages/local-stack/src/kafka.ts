import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnvironment } from './config.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { freePort, onFreePort } from './free-port.ts';
import { kafkaJars } from './kafka-jars.ts';
import { brokerAnswers } from './kafka-probe.ts';
import { serverProperties } from './kafka-properties.ts';
import { keepPrevious, lastLines, spawnSupervised, type TiedProcess } from './tied-process.ts';
import { until } from './until.ts';

export interface KafkaOptions {
  /** The log, the configuration and what the broker prints are in this directory; it is made when it is not there. */
  readonly dir: string;
  /** 0 (the default): a free one. */
  readonly port?: number;
  readonly startTimeoutMs?: number;
}

export interface Kafka extends AsyncDisposable {
  /** host:port, the value of CARTLEDGER_KAFKA_BROKERS. The same after a restart. */
  readonly brokers: string;
  stop(): Promise<void>;
  /** kill -9, for fault tests. What was acknowledged is still there after restart(). */
  kill(): Promise<void>;
  /** Starts the broker again, on the same port with the same log; stops it first if it runs. */
  restart(): Promise<void>;
}

const run = promisify(execFile);
const stopGraceMs = 15_000;
const logging = fileURLToPath(new URL('../kafka/log4j2.properties', import.meta.url));

/**
 * A real Apache Kafka broker (one KRaft node) on 127.0.0.1, which ends with this process. Needs Java 17 and, the first
 * time, Maven. Topics are not made on first use. Resolves when the broker takes clients.
 *
 * Throws LocalStackError: `not_available` without Java or Maven, `directory_in_use`, `address_in_use`, `did_not_start`.
 */
export const startKafka = async (options: KafkaOptions): Promise<Kafka> => {
  const dir = resolve(options.dir);
  const { startTimeoutMs = 60_000 } = options;
  const [jars] = await Promise.all([kafkaJars(), requireJava()]);
  const lock = await lockDirectory(join(dir, 'lock'), `the Kafka directory ${dir}`);
  try {
    return await onFreePort(options.port, (port) => launch({ dir, jars, port, startTimeoutMs }, lock));
  } catch (error) {
    lock.release();
    throw error;
  }
};

interface Node {
  readonly dir: string;
  readonly jars: string;
  readonly port: number;
  readonly startTimeoutMs: number;
}

const launch = async (node: Node, firstLock: DirectoryLock): Promise<Kafka> => {
  let lock: DirectoryLock | undefined = firstLock;
  let broker = await launchBroker(node, lock);
  const stop = async () => {
    await broker.stop(stopGraceMs);
    lock?.release();
    lock = undefined;
  };
  return {
    brokers: `127.0.0.1:${node.port}`,
    stop,
    kill: () => broker.kill(),
    restart: async () => {
      await stop();
      lock = await lockDirectory(join(node.dir, 'lock'), `the Kafka directory ${node.dir}`);
      broker = await launchBroker(node, lock);
    },
    [Symbol.asyncDispose]: stop,
  };
};

const launchBroker = async ({ dir, jars, port, startTimeoutMs }: Node, lock: DirectoryLock): Promise<TiedProcess> => {
  const log = join(dir, 'server.log');
  const properties = join(dir, 'server.properties');
  const java = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logging}`];
  const clusterId = await prepare(dir, properties, port, java);
  keepPrevious(log);
  const jvm = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const args = [...jvm, ...java, 'kafka.Kafka', properties];
  const broker = await spawnSupervised({ command: 'java', args, stopSignal: 'SIGTERM' }, log);
  lock.handTo(broker.pid);
  const ready = await until(() => broker.hasExited() || brokerAnswers(port, clusterId), { timeoutMs: startTimeoutMs });
  if (ready && !broker.hasExited()) return broker;

  const what = broker.hasExited() ? 'ended while starting' : `took no clients within ${startTimeoutMs} ms`;
  await broker.kill();
  const lines = lastLines([log]);
  throw new LocalStackError(
    lines.includes('Address already in use') ? 'address_in_use' : 'did_not_start',
    `Kafka ${what}. The last lines of its log (${log}):\n${lines}`,
  );
};

/** Writes the configuration, makes the log directory a cluster's the first time, and answers the cluster's id. */
const prepare = async (dir: string, properties: string, port: number, java: string[]): Promise<string> => {
  const dataDir = join(dir, 'data');
  const meta = join(dataDir, 'meta.properties');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(properties, serverProperties({ dataDir, port, controllerPort: await freePort() }));
  if (!existsSync(meta)) {
    const format = ['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', properties];
    await run('java', [...java, ...format], { env: childEnvironment() });
  }
  return /^cluster\.id=(.+)$/m.exec(readFileSync(meta, 'utf8'))?.[1] ?? '';
};

/** 16 random bytes; one that began with a dash would be read as an option. */
const newClusterId = (): string => randomBytes(16).toString('base64url').replace(/^-/, '_');

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
