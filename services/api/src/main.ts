/** The API and the dashboard as a process of its own: numbers in ClickHouse, stores and keys in PostgreSQL. */
import { createClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { createHealth, createLogger, createMetrics, healthRoutes, runMain, serveHttp } from '@cartledger/service';
import { Hono } from 'hono';
import { createApi } from './api.ts';
import { readConfig } from './config.ts';
import { createReads } from './reads.ts';

const start = async () => {
  const config = readConfig();
  const logger = createLogger({ component: 'api', level: config.logLevel });
  const metrics = createMetrics({ processMetrics: true });
  const health = createHealth({ logger });
  await using stack = new AsyncDisposableStack();

  const control = stack.use(
    createControl(
      { dialect: 'postgres', url: config.postgresUrl },
      { onError: (error) => logger.warn({ err: error }, 'a connection to PostgreSQL failed while idle') },
    ),
  );
  await control.migrate();
  const clickhouse = stack.use(createClickHouse({ url: config.clickhouseUrl, database: config.clickhouseDatabase }));
  const reports = createReads({ clickhouse, control }, config.reads);
  const api = createApi({ control, clickhouse, reports, metrics, logger, health }, config.api);
  stack.defer(() => api.stop());

  const app = new Hono();
  app.route('/', healthRoutes({ health, metrics }));
  app.route('/', api.app);
  const server = stack.use(await serveHttp({ app, host: config.host, port: config.port }));
  logger.info({ url: server.url }, 'answering');

  const owned = stack.move();
  return {
    stop: async () => {
      health.stopping();
      await owned.disposeAsync();
    },
  };
};

await runMain(start, { logger: createLogger({ component: 'api' }) });
