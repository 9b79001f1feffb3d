import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnvironment } from './config.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { freePort } from './free-port.ts';
import { brokerAnswers } from './kafka-probe.ts';
import { type KafkaLayout, type KafkaQuorum, serverProperties } from './kafka-properties.ts';
import { standstill } from './standstill.ts';
import { keepPrevious, lastLines, spawnSupervised, type TiedProcess } from './tied-process.ts';
import { until } from './until.ts';

export interface Kafka extends AsyncDisposable {
  /** host:port, the value of CARTLEDGER_KAFKA_BROKERS. The same after a restart. */
  readonly brokers: string;
  /** Of the broker itself; another one after a restart. */
  readonly pid: number;
  /**
   * SIGSTOP, for fault tests: connections stay open and, once it resolves, nothing is answered, as on a machine that
   * hangs.
   */
  pause(): Promise<void>;
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

/** One process, broker and controller in one. */
export interface KafkaNode extends Pick<KafkaLayout, 'nodeId' | 'port' | 'listeners' | 'properties'> {
  readonly dir: string;
  readonly jars: string;
  /** Null: the node is a cluster by itself. */
  readonly quorum: KafkaQuorum | null;
  readonly startTimeoutMs: number;
  readonly scramUsers: Readonly<Record<string, string>>;
  /** Further options of the Java machine. */
  readonly jvm?: readonly string[];
}

/** The broker and the process that supervises it. */
interface Broker {
  readonly supervisor: TiedProcess;
  readonly pid: number;
}

/** Starts it under a lock of its directory, which it holds until it is stopped. */
export const launchNode = async (node: KafkaNode, firstLock: DirectoryLock): Promise<Kafka> => {
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
    pause: () => {
      signal('SIGSTOP');
      return standstill(broker.pid);
    },
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

const launchBroker = async (node: KafkaNode, lock: DirectoryLock): Promise<Broker> => {
  const { dir, jars, port, startTimeoutMs } = node;
  const log = join(dir, 'server.log');
  const pidFile = join(dir, 'broker.pid');
  const properties = join(dir, 'server.properties');
  const java = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logging}`];
  const clusterId = await prepare(node, properties, java);
  keepPrevious(log);
  const jvm = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
  const args = [...jvm, ...(node.jvm ?? []), ...java, 'kafka.Kafka', properties];
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
const prepare = async (node: KafkaNode, file: string, java: string[]): Promise<string> => {
  const { nodeId, port, quorum, listeners, scramUsers, properties } = node;
  const dataDir = join(node.dir, 'data');
  const meta = join(dataDir, 'meta.properties');
  mkdirSync(dataDir, { recursive: true });
  const controllerPorts = quorum?.controllerPorts ?? [await freePort()];
  writeFileSync(file, serverProperties({ dataDir, nodeId, port, controllerPorts, listeners, properties }));
  if (!existsSync(meta)) {
    const users = Object.entries(scramUsers).flatMap(([name, password]) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((kind) => [
        '--add-scram',
        `${kind}=[name=${name},password=${password}]`,
      ]),
    );
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      quorum?.clusterId ?? newClusterId(),
      '-c',
      file,
      ...users,
    ];
    await run('java', [...java, ...format], { env: childEnvironment() });
  }
  return /^cluster\.id=(.+)$/m.exec(readFileSync(meta, 'utf8'))?.[1] ?? '';
};

/** 16 random bytes; one that began with a dash would be read as an option. */
export const newClusterId = (): string => randomBytes(16).toString('base64url').replace(/^-/, '_');
