/** The ingest worker as it runs in production: a process of its own, with its own settings and all its guarantees. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stack } from './stack.ts';

const MAIN = fileURLToPath(new URL('../../../services/ingest/src/main.ts', import.meta.url));
const STOP_WITHIN_MS = 30_000;

export type Worker = AsyncDisposable & {
  readonly pid: number;
  /** Throws, with what the worker has said, when it has ended. */
  assertAlive(): void;
  /** GET /metrics. */
  metrics(): Promise<string>;
  /** The status of GET /readyz; 0 without an answer. */
  readyz(): Promise<number>;
};

type WorkerOptions = {
  topic: string;
  group: string;
  /** CARTLEDGER_* settings other than the defaults. */
  settings?: Record<string, string>;
  /** Of Node: --cpu-prof, say. */
  nodeOptions?: readonly string[];
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

export const deadLettersOf = (topic: string): string => `${topic}-dead`;

export const startWorker = async (
  stack: Stack,
  { topic, group, settings = {}, nodeOptions = [] }: WorkerOptions,
): Promise<Worker> => {
  const port = await freePort();
  const logFile = join(stack.dir, 'worker.log');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...nodeOptions, MAIN], {
    env: {
      PATH: process.env.PATH,
      CARTLEDGER_KAFKA_BROKERS: stack.kafka.brokers,
      CARTLEDGER_CLICKHOUSE_URL: stack.clickhouseUrl,
      CARTLEDGER_CLICKHOUSE_DATABASE: stack.database,
      CARTLEDGER_DATA: stack.workerData,
      CARTLEDGER_INGEST_PORT: String(port),
      CARTLEDGER_INGEST_GROUP: group,
      CARTLEDGER_EVENTS_TOPIC: topic,
      CARTLEDGER_DEAD_LETTERS_TOPIC: deadLettersOf(topic),
      CARTLEDGER_LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('the worker did not start');
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  // One that this process leaves behind would go on reading.
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);

  const url = `http://127.0.0.1:${port}`;
  return {
    pid,
    assertAlive: () => {
      if (hasExited()) throw new Error(`the worker ended: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    },
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    readyz: async () => {
      try {
        return (await fetch(`${url}/readyz`)).status;
      } catch {
        return 0; // it does not listen yet
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      if (!hasExited()) await exited;
      clearTimeout(timer);
      process.off('exit', killed);
    },
  };
};
