import { join } from 'node:path';
import { createClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import {
  createHealth,
  createLogger,
  createMetrics,
  healthRoutes,
  runMain,
  serveHttp,
  systemClock,
} from '@cartledger/service';
import { createAggregator } from './aggregator.ts';
import { readConfig } from './config.ts';

const logger = createLogger({ component: 'aggregator' });

await runMain(
  async () => {
    const config = readConfig();
    logger.level = config.logLevel;
    await using stack = new AsyncDisposableStack();
    const clickhouse = stack.use(createClickHouse(config.clickhouse));
    const control = stack.use(
      createControl(
        config.postgresUrl === undefined
          ? { dialect: 'sqlite', path: join(config.data, 'control.db') }
          : { dialect: 'postgres', url: config.postgresUrl },
      ),
    );
    await control.migrate();
    const metrics = createMetrics({ processMetrics: true });
    const health = createHealth({ logger });
    const aggregator = stack.use(
      createAggregator({ clickhouse, control, logger, metrics, health, now: systemClock }, config.aggregator),
    );
    const server = await serveHttp({ app: healthRoutes({ health, metrics }), host: config.host, port: config.port });
    stack.defer(() => server.stop());
    await aggregator.start();
    logger.info({ url: server.url }, 'the aggregator is running');

    const owned = stack.move();
    return {
      stop: async () => {
        health.stopping();
        await owned.disposeAsync();
      },
    };
  },
  { logger },
);
