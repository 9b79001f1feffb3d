import { join } from 'node:path';
import { createClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { createKafkaLog, loadKafkaDriver } from '@cartledger/event-log';
import {
  createHealth,
  createLogger,
  createMetrics,
  healthRoutes,
  runMain,
  serveHttp,
  systemClock,
} from '@cartledger/service';
import { createIngestAdmin } from './admin/admin.ts';
import { DEFAULT_CONFIG, readConfig } from './config.ts';
import { createIngest } from './ingest.ts';
import { createQuarantine } from './quarantine.ts';

const logger = createLogger({ component: 'ingest' });

await runMain(
  async ({ fail }) => {
    const config = readConfig();
    logger.level = config.logLevel;
    await using stack = new AsyncDisposableStack();
    const log = stack.use(
      createKafkaLog({
        brokers: config.brokers,
        driver: await loadKafkaDriver(config.kafkaDriver),
        security: config.kafkaSecurity,
        clientId: 'cartledger-ingest',
        logger,
      }),
    );
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
    health.check('log', async () => (await log.healthy()) || 'Kafka does not answer');

    const now = systemClock;
    const { topic = DEFAULT_CONFIG.topic } = config.ingest;
    const quarantine = createQuarantine({ store: control, now }, { topic });
    const ingest = stack.use(
      createIngest(
        { log, clickhouse, control, quarantine, logger, metrics, health, now, onFatal: fail },
        config.ingest,
      ),
    );
    const app = healthRoutes({ health, metrics });
    app.route(
      '/api/v1/ingest',
      createIngestAdmin({ ingest, log, clickhouse, control, quarantine, logger, now }, config.ingest),
    );
    const server = await serveHttp({ app, host: config.host, port: config.port });
    stack.defer(() => server.stop());
    await ingest.start();
    logger.info({ url: server.url }, 'ingest is running');

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
