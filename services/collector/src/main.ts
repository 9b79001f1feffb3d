/** The collector as a process of its own: Kafka behind it, keys in PostgreSQL. */
import { createControl } from '@cartledger/control';
import { createKafkaLog, loadKafkaDriver } from '@cartledger/event-log';
import { createHealth, createLogger, createMetrics, healthRoutes, runMain, serveHttp } from '@cartledger/service';
import { Hono } from 'hono';
import { createCollector } from './collector.ts';
import { readConfig } from './config.ts';
import { drainLeftSpools } from './left-spools.ts';
import { claimSpool } from './spool-directory.ts';

const start = async () => {
  const config = readConfig();
  const logger = createLogger({ component: 'collector', level: config.logLevel });
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
  health.check('control', async () => (await control.healthy()) || 'the control store does not answer');
  const log = stack.use(
    createKafkaLog({
      brokers: config.kafkaBrokers,
      driver: await loadKafkaDriver(config.kafkaDriver),
      security: config.kafkaSecurity,
      clientId: 'cartledger-collector',
      logger,
      // With a spool nobody waits longer: what the log still tries would only hold memory.
      ...(config.spool && { producePatienceMs: config.collector.logPatienceMs }),
    }),
  );
  const spool = config.spool && stack.use(await claimSpool(config.spool, logger));
  const collector = createCollector(
    { log, ...(spool && { spool }), control, metrics, logger, health },
    config.collector,
  );
  stack.defer(() => collector.stop());
  if (config.spool) stack.use(drainLeftSpools({ log, logger }, { ...config.spool, topic: config.collector.topic }));

  const app = new Hono();
  app.route('/', healthRoutes({ health, metrics }));
  app.route('/', collector.app);
  const server = stack.use(
    await serveHttp({ app, host: config.host, port: config.port, maxConnections: config.maxConnections }),
  );
  logger.info({ url: server.url }, 'taking in events');

  const owned = stack.move();
  return {
    stop: async () => {
      health.stopping();
      await owned.disposeAsync();
    },
  };
};

await runMain(start, { logger: createLogger({ component: 'collector' }) });
