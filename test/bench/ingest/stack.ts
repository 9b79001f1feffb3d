/** Servers of the bench's own on this machine: a ClickHouse, a Kafka, and a control store that knows the store. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClickHouse, migrate } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import { startClickHouse, startKafka } from '@cartledger/local-stack';
import { dropEngine } from './engine.ts';
import { STORE } from './store.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../schemas/clickhouse/', import.meta.url));
const DATABASE = 'bench';
const GIB = 1_024 ** 3;

export type Stack = Awaited<ReturnType<typeof openStack>>;

/** `keep`: a directory that is left as it is and found again by the next call; else one that is removed. */
export const openStack = async ({ keep }: { keep?: string | undefined } = {}) => {
  const dir = keep === undefined ? mkdtempSync(join(tmpdir(), 'cartledger-bench-')) : resolve(keep);
  await using stack = new AsyncDisposableStack();
  if (keep === undefined) stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const workerData = join(dir, 'worker');
  mkdirSync(workerData, { recursive: true });
  const isNew = !existsSync(join(workerData, 'control.db'));

  const serverOptions = { dir: join(dir, 'clickhouse'), memoryLimitBytes: 4 * GIB };
  // A group is formed when all its members are there: a rebalance in the middle would be measured too.
  const kafka = stack.use(
    await startKafka({ dir: join(dir, 'kafka'), properties: { 'group.initial.rebalance.delay.ms': 1_500 } }),
  );
  let server = await startClickHouse(serverOptions);
  stack.defer(() => server.stop());
  const { url } = server;
  const httpPort = Number(new URL(url).port);
  const clickhouse = stack.use(
    createClickHouse({ url, database: DATABASE, application: 'bench', requestTimeoutMs: 600_000 }),
  );
  await clickhouse.ensureDatabase();
  await dropEngine(clickhouse);
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `${DATABASE}_analytics` });

  await using control = createControl({ dialect: 'sqlite', path: join(workerData, 'control.db') });
  await control.migrate();
  const { version: _, ...definition } = STORE.definition;
  if (isNew) await control.stores.create(STORE.store_id, definition);

  const log = stack.use(createKafkaLog({ brokers: [kafka.brokers], clientId: 'bench' }));
  const owned = stack.move();
  return {
    dir,
    workerData,
    kafka,
    log,
    clickhouse,
    clickhouseUrl: url,
    database: DATABASE,
    get clickhousePid() {
      return server.pid;
    },
    /** kill -9. */
    killClickHouse: () => server.kill(),
    /** Again, at the same address with the same data. */
    async restartClickHouse(): Promise<void> {
      server = await startClickHouse({ ...serverOptions, httpPort });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
