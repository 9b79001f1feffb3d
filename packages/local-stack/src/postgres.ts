import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { onFreePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { processIdentity } from './process-identity.ts';
import { keepPrevious, lastLines, spawnSupervised, type TiedProcess } from './tied-process.ts';
import { isReachableForOthers, type User, unprivilegedUser } from './unprivileged-user.ts';
import { until } from './until.ts';

export interface PostgresOptions {
  /** The data, the password and what the server prints are in this directory; it is made when it is not there. */
  readonly dir: string;
  /** 0 (the default): a free one. */
  readonly port?: number;
  readonly startTimeoutMs?: number;
}

export interface Postgres extends AsyncDisposable {
  /** postgres://user:password@127.0.0.1:port/postgres, of a superuser. */
  readonly url: string;
  stop(): Promise<void>;
  /** kill -9, for fault tests; the directory can be started again at once. */
  kill(): Promise<void>;
}

const run = promisify(execFile);
const superuser = 'cartledger';
const stopGraceMs = 10_000;

/**
 * A real PostgreSQL server on 127.0.0.1, which ends with this process. What was committed survives kill -9, but not the
 * power going out: it does not wait for the disk. As root it runs the server as `postgres` or `nobody`.
 *
 * Throws LocalStackError: `not_available` (no binaries, or a directory the other user cannot get at),
 * `directory_in_use`, `address_in_use`, `did_not_start`.
 */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const dir = resolve(options.dir);
  const user = unprivilegedUser();
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  if (user && !isReachableForOthers(join(dir, 'data'))) {
    throw new LocalStackError(
      'not_available',
      `PostgreSQL does not run as root, and ${user.name}, whom it would run as, may not enter ${dir} or a directory above it: use a directory open to others, such as one below /tmp`,
    );
  }
  const binaries = await postgresBinaries(dir, user !== undefined);
  const lock = await lockDirectory(join(dir, 'lock'), `the PostgreSQL directory ${dir}`);
  try {
    const password = await initialise(dir, binaries, user);
    const { startTimeoutMs = 60_000 } = options;
    return await onFreePort(options.port, async (port) => {
      const server = await launch({ dir, binaries, user, port, startTimeoutMs }, lock.handTo);
      const end = (how: () => Promise<void>) => async () => {
        await how();
        lock.release();
      };
      const stop = end(() => server.stop(stopGraceMs));
      const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
      return { url, stop, kill: end(server.kill), [Symbol.asyncDispose]: stop };
    });
  } catch (error) {
    lock.release();
    throw error;
  }
};

/** Makes the database cluster the first time, and answers its superuser's password. */
const initialise = async (dir: string, binaries: string, user: User | undefined): Promise<string> => {
  const data = join(dir, 'data');
  const passwordFile = join(dir, 'password');
  if (existsSync(join(data, 'PG_VERSION')) && existsSync(passwordFile))
    return readFileSync(passwordFile, 'utf8').trim();

  // An initdb that was cut off left a directory which it would now refuse.
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  const unfinished = `${passwordFile}.unfinished`;
  const password = randomBytes(18).toString('base64url');
  writeFileSync(unfinished, `${password}\n`, { mode: 0o600 });
  if (user) for (const path of [data, unfinished]) chownSync(path, user.uid, user.gid);
  const args = [
    '-D',
    data,
    '-U',
    superuser,
    '-A',
    'scram-sha-256',
    `--pwfile=${unfinished}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  await run(join(binaries, 'initdb'), args, { ...asUser(user), cwd: '/', env: childEnvironment() });
  // Last, so that a password file means a whole cluster.
  rmSync(unfinished);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  return password;
};

interface Launch {
  readonly dir: string;
  readonly binaries: string;
  readonly user: User | undefined;
  readonly port: number;
  readonly startTimeoutMs: number;
}

const launch = async (
  { dir, binaries, user, port, startTimeoutMs }: Launch,
  started: (pid: number) => void,
): Promise<TiedProcess> => {
  const data = join(dir, 'data');
  const log = join(dir, 'server.log');
  keepPrevious(log);
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    timezone: 'UTC',
    fsync: 'off',
    shared_buffers: '32MB',
    max_connections: 60,
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const command = join(binaries, 'postgres');
  const server = await spawnSupervised({ command, args, stopSignal: 'SIGINT', cwd: '/', ...asUser(user) }, log);
  started(server.pid);
  const ready = await until(() => server.hasExited() || isReady(data, port) || undefined, {
    timeoutMs: startTimeoutMs,
  });
  if (ready && !server.hasExited()) return server;

  const what = server.hasExited() ? 'ended while starting' : `was not ready within ${startTimeoutMs} ms`;
  await server.kill();
  const lines = lastLines([log]);
  throw new LocalStackError(
    lines.includes('Address already in use') ? 'address_in_use' : 'did_not_start',
    `PostgreSQL ${what}. The last lines of its log (${log}):\n${lines}`,
  );
};

const asUser = (user: User | undefined) => (user ? { uid: user.uid, gid: user.gid } : {});

/**
 * postmaster.pid's first line is the process, its fourth the port, its eighth the state; pg_ctl waits for it in the same
 * way. The file of a server that was killed stays behind and says `ready`, of a dead process.
 */
const isReady = (data: string, port: number): boolean => {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return lines[7]?.trim() === 'ready' && Number(lines[3]) === port && processIdentity(Number(lines[0])) !== undefined;
  } catch {
    return false; // not written yet
  }
};
