/** The product as its users run it: services/standalone in a process of its own, on a free port and an empty directory. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const DASHBOARD = join(ROOT, 'services/dashboard');
const MAIN = join(ROOT, 'services/standalone/src/main.ts');

export type Product = {
  url: string;
  adminToken: string;
  /** Its own directory, which holds its data directory, as this process sees it. */
  dir: string;
  stop(): Promise<void>;
};

export type ProductOptions = {
  env?: NodeJS.ProcessEnv;
  /** Gives it a disk of its own of this size: see `canHaveSmallDisk`. */
  diskMiB?: number;
};

/** Asks until the probe answers something, or fails with its last problem once `timeoutMs` have passed. */
export const until = async <T>(what: string, timeoutMs: number, probe: () => Promise<T | null>): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  let problem: unknown = null;
  while (performance.now() < deadline) {
    const answer = await probe().catch((error: unknown) => {
      problem = error;
      return null;
    });
    if (answer !== null) return answer;
    await delay(100);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: problem });
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

/** The pages as the sources are now, so that no test reads an older build. */
export const buildDashboard = async (): Promise<void> => {
  const vite = createRequire(join(DASHBOARD, 'package.json')).resolve('vite/package.json');
  await promisify(execFile)(process.execPath, [join(dirname(vite), 'bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: DASHBOARD,
  });
};

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(killer);
};

/** In a mount namespace, which takes no rights and ends with the process: nothing is left mounted. */
const onSmallDisk = (diskMiB: number, dir: string, command: readonly string[]): string[] => {
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';
  const [size, shell] = [`${diskMiB}m`, ['sh', '-c', script, 'sh']];
  return ['unshare', '--user', '--map-root-user', '--mount', ...shell, size, dir, ...command];
};

/** Whether processes may have a disk of their own here: on Linux, where user namespaces are allowed. */
export const canHaveSmallDisk = (): boolean => {
  const [command = '', ...args] = onSmallDisk(1, tmpdir(), ['true']);
  return spawnSync(command, args).status === 0;
};

/** Resolves once everything is ready; rejects with what it printed when it is not. */
export const startProduct = async ({ env = {}, diskMiB }: ProductOptions = {}): Promise<Product> => {
  const dir = await mkdtemp(join(tmpdir(), 'cartledger-e2e-'));
  const port = await freePort();
  const output = join(dir, 'output.txt');
  const fd = openSync(output, 'a');
  const command = [process.execPath, MAIN];
  const [file = '', ...args] = diskMiB === undefined ? command : onSmallDisk(diskMiB, dir, command);
  const child = spawn(file, args, {
    cwd: ROOT,
    stdio: ['ignore', fd, fd],
    env: {
      ...process.env,
      CARTLEDGER_DATA: join(dir, 'data'),
      CARTLEDGER_PORT: String(port),
      CARTLEDGER_DEMO: 'false',
      ...env,
    },
  });
  closeSync(fd);
  const url = `http://127.0.0.1:${port}`;
  // A disk of its own is seen through its process only.
  const seen = diskMiB === undefined ? dir : join(`/proc/${child.pid}/root`, dir);
  const instance = join(seen, 'data/instance.json');
  try {
    const adminToken = await until('the product is ready', 90_000, async () => {
      if (child.exitCode !== null) return '';
      if (!existsSync(instance) || !(await fetch(`${url}/readyz`)).ok) return null;
      const { admin_token }: { admin_token: string } = JSON.parse(await readFile(instance, 'utf8'));
      return admin_token;
    });
    if (adminToken === '') throw new Error(`it ended by itself with ${child.exitCode}`);
    return {
      url,
      adminToken,
      dir: seen,
      async stop() {
        await end(child);
        await rm(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await end(child);
    const printed = (await readFile(output, 'utf8')).slice(-4_000);
    throw new Error(`the product did not start; ${output} ends with:\n${printed}`, { cause: error });
  }
};
