/** A Kafka and a PostgreSQL of its own, and collectors before them as processes of their own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import { findPostgres, startKafka } from '@cartledger/local-stack';
import { STORE_ID } from '../shop.ts';

const MAIN = fileURLToPath(new URL('../../../services/collector/src/main.ts', import.meta.url));
const [PIN, ...PINNED] = ['taskset', '-c', '0'] as const;
const PARTITIONS = 4;
/** The key's own rate: far above what is sent. */
const EVENTS_PER_SECOND = 1_000_000;

/** Resolves with the address in its log. */
const listening = async (child: ChildProcess): Promise<string> => {
  const found = Promise.withResolvers<string>();
  let lines = '';
  child.stdout?.on('data', (data) => {
    lines = `${lines}${data}`.slice(-10_000);
    const url = /"url":"(http:[^"]+)"/.exec(lines)?.[1];
    if (url !== undefined) found.resolve(url);
  });
  child.once('exit', () => found.reject(new Error(`the collector ended: ${lines}`)));
  return found.promise;
};

export type Collector = { url: string; pid: number };

export const openStack = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-bench-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  // PostgreSQL, which does not run as root, has to get at its data below.
  chmodSync(dir, 0o711);
  const kafka = stack.use(await startKafka({ dir: join(dir, 'kafka') }));
  const postgres = await findPostgres({ dir: join(dir, 'postgres') });
  stack.defer(() => postgres.stop());

  await using control = createControl({ dialect: 'postgres', url: postgres.address });
  await control.migrate();
  if (!(await control.stores.get(STORE_ID))) await control.stores.create(STORE_ID);
  const { key } = await control.keys.create(STORE_ID, 'events:write', { events_per_second: EVENTS_PER_SECOND });
  const topic = 'bench-collector';
  await using log = createKafkaLog({ brokers: kafka.brokers, clientId: 'bench' });
  await log.ensureTopic(topic, { partitions: PARTITIONS });

  /** On one core where that can be said, so that the other is left to Kafka and to who sends. */
  const startCollector = async (): Promise<Collector> => {
    const pinned = process.platform === 'linux' && spawnSync(PIN, [...PINNED, 'true']).status === 0;
    const [command = '', ...args] = [...(pinned ? [PIN, ...PINNED] : []), process.execPath, MAIN];
    const child = spawn(command, args, {
      env: {
        PATH: process.env.PATH ?? '',
        CARTLEDGER_KAFKA_BROKERS: kafka.brokers,
        CARTLEDGER_POSTGRES_URL: postgres.address,
        CARTLEDGER_EVENTS_TOPIC: topic,
        CARTLEDGER_COLLECTOR_PORT: '0',
        CARTLEDGER_COLLECTOR_SPOOL_DIR: join(dir, 'spool'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    stack.defer(async () => {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    });
    const url = await listening(child);
    if (child.pid === undefined) throw new Error('the collector has no process id');
    return { url, pid: child.pid };
  };
  const collector = await startCollector();
  const owned = stack.move();
  return { kafka, key, collector, [Symbol.asyncDispose]: () => owned.disposeAsync() };
};
