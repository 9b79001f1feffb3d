import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  basicAuthorization,
  type ClickHouseUser,
  engineArguments,
  serverConfig,
  usersConfig,
} from './clickhouse-config.ts';
import { readCredentials } from './clickhouse-credentials.ts';
import { childEnvironment } from './config.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { freePort, onFreePort } from './free-port.ts';
import { keepPrevious, lastLines, spawnTied, type TiedProcess } from './tied-process.ts';
import { until } from './until.ts';

export interface ClickHouseOptions {
  /** Everything the server keeps, its logs included, is in this directory; it is made when it is not there. */
  readonly dir: string;
  /** 0 (the default): a free one. */
  readonly httpPort?: number;
  /** The native protocol, for clickhouse-client. Not opened unless given; 0: a free one. */
  readonly tcpPort?: number;
  /** Memory the whole server may use. Default 2 GiB. */
  readonly memoryLimitBytes?: number;
  /** True: an insert is answered when it is on the disk, so that not even power loss undoes it. Default false. */
  readonly fsyncAfterInsert?: boolean;
  /** An XML file in the format of ClickHouse's config.d, merged over the generated config.xml. */
  readonly configFile?: string;
  /**
   * An XML file in the format of ClickHouse's users.d (users, profiles, quotas), merged over users.xml. With it any
   * user is let in who has the right password, the engine's own, who has none, among them.
   */
  readonly usersFile?: string;
  /** The databases that the user of readOnlyUrl can read. Default: none. */
  readonly readableDatabases?: readonly string[];
  readonly startTimeoutMs?: number;
}

export interface ClickHouse extends AsyncDisposable {
  /** For @clickhouse/client, with user and password in it: without them nobody gets in. */
  readonly url: string;
  /** The same for people: a user that can only read, and only `readableDatabases`. */
  readonly readOnlyUrl: string;
  readonly tcpPort: number | undefined;
  readonly pid: number;
  /** Settles when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
  /** kill -9, for fault tests; the directory can be started again at once. */
  kill(): Promise<void>;
}

const GiB = 1024 ** 3;
const stopGraceMs = 5000;

/**
 * A real ClickHouse server on 127.0.0.1, in a process of its own that ends with this one. What inserts were answered
 * for is in `dir` and survives restart and kill -9. Resolves when the server answers queries.
 *
 * Throws LocalStackError: `directory_in_use` when a live server has `dir`, `address_in_use` when a given port is
 * taken, `did_not_start` with the last lines of its log.
 */
export const startClickHouse = async (options: ClickHouseOptions): Promise<ClickHouse> => {
  const dir = resolve(options.dir);
  const lock = await lockDirectory(join(dir, 'lock'), `the ClickHouse directory ${dir}`);
  try {
    return await onFreePort(options.httpPort, (httpPort) => launch(dir, options, httpPort, lock));
  } catch (error) {
    lock.release();
    throw error;
  }
};

const launch = async (
  dir: string,
  options: ClickHouseOptions,
  httpPort: number,
  lock: DirectoryLock,
): Promise<ClickHouse> => {
  const tcpPort = options.tcpPort === 0 ? await freePort() : options.tcpPort;
  const displayName = `cartledger-${randomUUID()}`;
  const logs = { output: join(dir, 'logs', 'output.log'), server: join(dir, 'logs', 'server.log') };
  for (const log of Object.values(logs)) keepPrevious(log);
  const { owner, reader } = readCredentials(dir, options.readableDatabases ?? []);
  const configFile = writeConfiguration(dir, options, displayName, logs.server, [owner, reader]);
  const args = engineArguments({ data: join(dir, 'data'), configFile, httpPort, tcpPort });

  const entry = new URL('./clickhouse-server.ts', import.meta.url);
  const server = await spawnTied(entry, args, { logFile: logs.output, env: childEnvironment() });
  lock.handTo(server.pid);

  const urlOf = ({ name, password }: ClickHouseUser) => `http://${name}:${password}@127.0.0.1:${httpPort}`;
  const timeoutMs = options.startTimeoutMs ?? 60_000;
  const ready = await until(() => server.hasExited() || answers(httpPort, owner, displayName), { timeoutMs });
  if (!ready || server.hasExited()) {
    const what = server.hasExited() ? 'ended while starting' : `did not answer within ${timeoutMs} ms`;
    await server.kill();
    throw failure(dir, what, lastLines(Object.values(logs)));
  }

  const end = (how: (server: TiedProcess) => Promise<void>) => async () => {
    await how(server);
    lock.release();
  };
  // The engine has no other end than SIGTERM's default one; nothing answered for is lost by it, nor by kill -9.
  const stop = end((it) => it.stop(stopGraceMs));
  return {
    url: urlOf(owner),
    readOnlyUrl: urlOf(reader),
    tcpPort,
    pid: server.pid,
    exited: server.exited,
    stop,
    kill: end((it) => it.kill()),
    [Symbol.asyncDispose]: stop,
  };
};

/** Writes what the server is started from, and answers the main file's path. */
const writeConfiguration = (
  dir: string,
  options: ClickHouseOptions,
  displayName: string,
  logFile: string,
  users: readonly ClickHouseUser[],
): string => {
  const config = join(dir, 'config');
  // Begun anew each time: the server merges whatever files it finds in the .d directories.
  rmSync(config, { recursive: true, force: true });
  for (const made of [join(dir, 'data'), join(dir, 'logs'), join(config, 'config.d'), join(config, 'users.d')]) {
    mkdirSync(made, { recursive: true });
  }
  if (options.configFile) copyFileSync(options.configFile, join(config, 'config.d', 'own.xml'));
  if (options.usersFile) copyFileSync(options.usersFile, join(config, 'users.d', 'own.xml'));
  const write = (name: string, content: string): string => {
    writeFileSync(join(config, name), content, { mode: 0o600 });
    return join(config, name);
  };
  const { memoryLimitBytes = 2 * GiB, fsyncAfterInsert = false } = options;
  const usersFile = write('users.xml', usersConfig(users, memoryLimitBytes));
  return write(
    'config.xml',
    serverConfig({
      displayName,
      usersFile,
      logFile,
      memoryLimitBytes,
      fsyncAfterInsert,
      doorFor: options.usersFile ? 'everybody' : users,
    }),
  );
};

/** True when the server that was started, and not another one on its port, answers a query. */
const answers = async (port: number, user: ClickHouseUser, displayName: string): Promise<true | undefined> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { Authorization: basicAuthorization(user) },
      body: 'SELECT displayName()',
      signal: AbortSignal.timeout(2000),
    });
    return (await response.text()).trim() === displayName || undefined;
  } catch {
    return undefined; // does not listen yet
  }
};

const failure = (dir: string, what: string, log: string): LocalStackError => {
  if (log.includes('Another server instance in same directory')) {
    return new LocalStackError(
      'directory_in_use',
      `the ClickHouse directory ${dir} is in use by another server: stop it, or use another directory`,
    );
  }
  if (log.includes('Address already in use')) {
    return new LocalStackError('address_in_use', `another program listens on ClickHouse's port:\n${log}`);
  }
  return new LocalStackError('did_not_start', `ClickHouse ${what}. The last lines of its log (${dir}/logs):\n${log}`);
};
