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
import { type KafkaListener, serverProperties } from './kafka-properties.ts';
import { keepPrevious, lastLines, spawnSupervised, type TiedProcess } from './tied-process.ts';
import { until } from './until.ts';

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

export interface Kafka extends AsyncDisposable {
  /** host:port, the value of CARTLEDGER_KAFKA_BROKERS. The same after a restart. */
  readonly brokers: string;
  /** Of the broker itself; another one after a restart. */
  readonly pid: number;
  /** SIGSTOP, for fault tests: connections stay open and nothing is answered, as on a machine that hangs. */
  pause(): void;
  /** SIGCONT: it goes on where it was. Does nothing to one that was not paused. */
  resume(): void;
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
  const { startTimeoutMs = 60_000, listeners, scramUsers = {}, properties } = options;
  const [jars] = await Promise.all([kafkaJars(), requireJava()]);
  const lock = await lockDirectory(join(dir, 'lock'), `the Kafka directory ${dir}`);
  try {
    return await onFreePort(options.port, (port) =>
      launch({ dir, jars, port, startTimeoutMs, listeners, scramUsers, properties }, lock),
    );
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
  readonly listeners: KafkaOptions['listeners'];
  readonly scramUsers: Readonly<Record<string, string>>;
  readonly properties: KafkaOptions['properties'];
}

/** The broker and the process that supervises it. */
interface Broker {
  readonly supervisor: TiedProcess;
  readonly pid: number;
}

const launch = async (node: Node, firstLock: DirectoryLock): Promise<Kafka> => {
  let lock: DirectoryLock | undefined = firstLock;
  let broker = await launchBroker(node, lock);
  const signal = (name: NodeJS.Signals) => {
    if (broker.supervisor.hasExited()) return;
    try {
      process.kill(broker.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it ended meanwhile
    }
  };
  const stop = async () => {
    signal('SIGCONT'); // a paused one would not hear that it is to end
    await broker.supervisor.stop(stopGraceMs);
    lock?.release();
    lock = undefined;
  };
  return {
    brokers: `127.0.0.1:${node.port}`,
    get pid() {
      return broker.pid;
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    stop,
    kill: () => broker.supervisor.kill(),
    restart: async () => {
      await stop();
      lock = await lockDirectory(join(node.dir, 'lock'), `the Kafka directory ${node.dir}`);
      broker = await launchBroker(node, lock);
    },
    [Symbol.asyncDispose]: stop,
  };
};

const launchBroker = async (node: Node, lock: DirectoryLock): Promise<Broker> => {
  const { dir, jars, port, startTimeoutMs } = node;
  const log = join(dir, 'server.log');
  const pidFile = join(dir, 'broker.pid');
  const properties = join(dir, 'server.properties');
  const java = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logging}`];
  const clusterId = await prepare(node, properties, java);
  keepPrevious(log);
  const jvm = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const args = [...jvm, ...java, 'kafka.Kafka', properties];
  const supervisor = await spawnSupervised({ command: 'java', args, stopSignal: 'SIGTERM', pidFile }, log);
  lock.handTo(supervisor.pid);
  const ready = await until(() => supervisor.hasExited() || brokerAnswers(port, clusterId), {
    timeoutMs: startTimeoutMs,
  });
  if (ready && !supervisor.hasExited()) return { supervisor, pid: Number(readFileSync(pidFile, 'utf8')) };

  const what = supervisor.hasExited() ? 'ended while starting' : `took no clients within ${startTimeoutMs} ms`;
  await supervisor.kill();
  const lines = lastLines([log]);
  throw new LocalStackError(
    lines.includes('Address already in use') ? 'address_in_use' : 'did_not_start',
    `Kafka ${what}. The last lines of its log (${log}):\n${lines}`,
  );
};

/** Writes the configuration, makes the log directory a cluster's the first time, and answers the cluster's id. */
const prepare = async (node: Node, file: string, java: string[]): Promise<string> => {
  const { port, listeners, scramUsers, properties } = node;
  const dataDir = join(node.dir, 'data');
  const meta = join(dataDir, 'meta.properties');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, serverProperties({ dataDir, port, controllerPort: await freePort(), listeners, properties }));
  if (!existsSync(meta)) {
    const users = Object.entries(scramUsers).flatMap(([name, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((kind) => [
        '--add-scram',
        `${kind}=[name=${name},password=${password}]`,
      ]),
    );
    const format = ['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', file, ...users];
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
