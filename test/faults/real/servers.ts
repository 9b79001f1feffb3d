/** The broker and the store of one lane, real ones, and what can befall them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kafka, startKafka } from '@cartledger/local-stack';
import type { Answer, Order } from './clickhouse-host.ts';

const HOST = fileURLToPath(new URL('./clickhouse-host.ts', import.meta.url));
const DISK_MIB = 512;

export type Store = {
  /** The same after a kill. */
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Whether it has a disk of its own, which can be filled up. */
  readonly hasOwnDisk: boolean;
  /** Not one byte is free on its disk until `empty`. */
  fill(): Promise<void>;
  empty(): Promise<void>;
  stop(): Promise<void>;
};

export type Servers = { readonly kafka: Kafka; readonly store: Store; stop(): Promise<void> };

/** In a mount namespace, which takes no rights and ends with its last process: nothing is left mounted. */
const onSmallDisk = (dir: string, command: readonly string[]): string[] => {
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';
  const shell = ['sh', '-c', script, 'sh', `${DISK_MIB}m`, dir];
  return ['unshare', '--user', '--map-root-user', '--mount', ...shell, ...command];
};

/** Whether a store may have a disk of its own here: on Linux, where user namespaces are allowed. */
export const canFillDisk = (dir: string): boolean => {
  const [command = '', ...args] = onSmallDisk(dir, ['true']);
  return spawnSync(command, args).status === 0;
};

const isAnswer = (message: unknown): message is Answer =>
  typeof message === 'object' && message !== null && ('error' in message || 'url' in message);

export const startStore = async (dir: string): Promise<Store> => {
  mkdirSync(dir, { recursive: true });
  const hasOwnDisk = canFillDisk(dir);
  const plain = [process.execPath, HOST, dir];
  const [command = '', ...args] = hasOwnDisk ? onSmallDisk(dir, plain) : plain;
  const host: ChildProcess = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(host, 'exit');
  let turn: Promise<unknown> = Promise.resolve();
  let url = '';
  let pid = 0;

  const ask = async (order: Order): Promise<void> => {
    host.send(order);
    const [answer]: unknown[] = await Promise.race([
      once(host, 'message'),
      exited.then(([code]) => [{ error: `its host ended with ${code}` }]),
    ]);
    if (!isAnswer(answer)) throw new Error('ClickHouse: an answer that is none');
    if ('error' in answer) throw new Error(`ClickHouse: ${answer.error}`);
    ({ url, pid } = answer);
  };
  /** One order at a time. */
  const tell = (order: Order): Promise<void> => {
    const told = turn.then(() => ask(order));
    turn = told.catch(() => {});
    return told;
  };

  await tell('start');
  return {
    get url() {
      return url;
    },
    start: () => tell('start'),
    kill: () => tell('kill'),
    pause: () => void process.kill(pid, 'SIGSTOP'),
    resume: () => void process.kill(pid, 'SIGCONT'),
    hasOwnDisk,
    fill: () => tell('fill'),
    empty: () => tell('empty'),
    stop: async () => {
      await tell('kill').catch(() => {}); // its host has ended, and the server with it
      host.kill('SIGKILL');
      await exited;
    },
  };
};

export const startServers = async (dir: string): Promise<Servers> => {
  const [kafka, store] = await Promise.all([
    startKafka({ dir: join(dir, 'kafka') }),
    startStore(join(dir, 'clickhouse')),
  ]);
  return {
    kafka,
    store,
    stop: async () => {
      await Promise.all([kafka.stop(), store.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
