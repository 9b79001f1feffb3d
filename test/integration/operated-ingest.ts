/** Ingest as an operator meets it: in this process, over a log and a database of its own, with its command line. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createClickHouse, defineQuery, migrate } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { createEmbeddedLog, createKafkaLog, type EventLog } from '@cartledger/event-log';
import { createIngest, createIngestAdmin, createQuarantine } from '@cartledger/ingest';
import { createHealth, createLogger, createMetrics, healthRoutes, serveHttp } from '@cartledger/service';
import { inject } from 'vitest';
import { z } from 'zod';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

type Driver = 'embedded' | 'kafka';

const keptQuery = defineQuery({
  name: 'test.kept',
  sql: 'SELECT event_id FROM events FINAL ORDER BY event_id',
  params: z.object({}),
  row: z.object({ event_id: z.string() }),
});

type Ran = { status: number | null; out: string; err: string };

/** The command, as a shell runs it against an address. */
export const cartledger = (at: { url: string; token: string }, args: readonly string[]) => {
  const child = spawn(process.execPath, [CLI, ...args, '--url', at.url, '--token', at.token], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran = async (): Promise<Ran> => {
    const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status, out, err };
  };
  return { child, ended: ran() };
};

/** Topics, a database and a control store of a test's own, dropped with `stack`. */
export const operatedWorld = async (driver: Driver, stack: AsyncDisposableStack) => {
  const id = randomUUID().slice(0, 8);
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-operated-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const database = `operated_${id}`;
  const topics = { topic: `events-${id}`, deadLettersTopic: `dead-${id}`, groupId: `group-${id}` };
  const control = stack.use(createControl({ dialect: 'sqlite', path: join(dir, 'control.db') }));
  await control.migrate();
  await control.stores.create('demo');
  const { key: token } = await control.keys.create(null, 'admin');
  const clickhouse = stack.use(createClickHouse({ url: inject('clickhouseUrl'), database }));
  stack.defer(async () => {
    for (const name of [`${database}_analytics`, database]) await clickhouse.command(`DROP DATABASE IF EXISTS ${name}`);
  });
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `${database}_analytics` });
  const log: EventLog = stack.use(
    driver === 'embedded'
      ? createEmbeddedLog({ dir: join(dir, 'log') })
      : createKafkaLog({ brokers: inject('kafkaBrokers').split(','), clientId: 'operated' }),
  );
  return {
    dir,
    database,
    topics,
    control,
    clickhouse,
    log,
    token,
    /** The ids of all kept events. */
    kept: async (): Promise<string[]> => (await clickhouse.query(keptQuery, {})).map(({ event_id }) => event_id),
  };
};

export type OperatedWorld = Awaited<ReturnType<typeof operatedWorld>>;

/** Runs ingest with its routes on a port; both end with `stack`. */
export const operate = async (
  { topics, control, clickhouse, log, token }: OperatedWorld,
  stack: AsyncDisposableStack,
) => {
  const logger = createLogger({ component: 'test', level: 'silent' });
  const now = Date.now;
  const metrics = createMetrics();
  const health = createHealth();
  const quarantine = createQuarantine({ store: control, now }, { topic: topics.topic });
  const ingest = createIngest(
    { log, clickhouse, control, quarantine, logger, metrics, health, now },
    { ...topics, progressMs: 100, backoff: { baseMs: 50, maxMs: 500 } },
  );
  stack.defer(() => ingest.stop());
  await ingest.start();
  const app = healthRoutes({ health, metrics });
  app.route('/api/v1/ingest', createIngestAdmin({ ingest, log, clickhouse, control, quarantine, logger, now }, topics));
  const server = stack.use(await serveHttp({ app, host: '127.0.0.1', port: 0 }));
  const at = { url: server.url, token };
  const run = (...args: string[]): Promise<Ran> => cartledger(at, args).ended;
  const listed = z.object({ total: z.number() });
  return {
    ingest,
    at,
    run,
    /** How many letters are meant by a query, asked without a process of its own. */
    letters: async (query = ''): Promise<number> => {
      const response = await fetch(`${server.url}/api/v1/ingest/dead-letters?${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return listed.parse(await response.json()).total;
    },
    json: async (...args: string[]): Promise<unknown> => {
      const { status, out, err } = await run(...args);
      if (status !== 0) throw new Error(err);
      return JSON.parse(out);
    },
  };
};
