/** Every metric that the services register, each service by itself; nothing is started and nothing asked. */
import { join } from 'node:path';
import { createAggregator } from '@cartledger/aggregator';
import { createApi, createReads } from '@cartledger/api';
import { createClickHouse } from '@cartledger/clickhouse';
import { createCollector, openSpool } from '@cartledger/collector';
import { createControl } from '@cartledger/control';
import { createEmbeddedLog } from '@cartledger/event-log';
import { createIngest } from '@cartledger/ingest';
import { createLogger, createMetrics, type Metrics } from '@cartledger/service';
import { z } from 'zod';

const described = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram']),
  help: z.string(),
  labelNames: z.array(z.string()),
});
type Described = { name: string; type: string; help: string; labels: string[] };
export type MetricsOfService = { service: string; metrics: Described[] };

const metricsOf = async (service: string, { registry }: Metrics): Promise<MetricsOfService> => {
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, type]));
  const metrics = registry.getMetricsAsArray().map((metric) => {
    const { name, type, help, labelNames } = described.parse({ ...metric, type: types.get(metric.name) });
    return { name, type, help, labels: labelNames };
  });
  return { service, metrics };
};

/** `dir`: for what the services keep on disk. */
export const describedMetrics = async (dir: string): Promise<MetricsOfService[]> => {
  await using stack = new AsyncDisposableStack();
  const logger = createLogger({ component: 'test', level: 'silent' });
  const control = stack.use(createControl({ dialect: 'sqlite', path: join(dir, 'control.db') }));
  // Nobody listens there, and nobody is asked.
  const clickhouse = stack.use(createClickHouse({ url: 'http://127.0.0.1:1', database: 'none' }));
  const log = stack.use(createEmbeddedLog({ dir: join(dir, 'log'), now: Date.now }));
  const spool = stack.use(
    await openSpool(stack.use(createEmbeddedLog({ dir: join(dir, 'spool'), now: Date.now })), { logger }),
  );
  const [collector, ingest, aggregator, api] = [createMetrics(), createMetrics(), createMetrics(), createMetrics()];
  const shared = { log, control, clickhouse, logger, now: Date.now };
  const { stop } = createCollector({ ...shared, spool, metrics: collector });
  stack.defer(stop);
  createIngest({ ...shared, metrics: ingest });
  createAggregator({ ...shared, metrics: aggregator });
  createApi({ ...shared, reports: createReads(shared), metrics: api }, { dashboardDir: dir });
  return [
    await metricsOf('Collector', collector),
    await metricsOf('Ingest', ingest),
    await metricsOf('Aggregator', aggregator),
    await metricsOf('API', api),
  ];
};

const row = ({ name, type, help, labels }: Described): string =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;

/** docs/metrics.md. */
export const metricsPage = (services: readonly MetricsOfService[]): string =>
  [
    '# Metrics',
    '',
    'Every service answers `GET /metrics` on its own port (collector 8401, ingest 8402, aggregator 8403, api 8400; one',
    'process that is all of them: 8400) in the text format of Prometheus. Labels are from closed lists: never a store,',
    'a visitor or anything else that a sender chooses. A process of its own also shows `process_*` and `nodejs_*` (CPU,',
    'memory, event loop, garbage collection) as prom-client names them.',
    '',
    'A ready dashboard is `infra/grafana/cartledger.json`, alert rules are `infra/alerts/cartledger.rules.yml`, and',
    '`docker compose --profile observability up` runs Prometheus and Grafana with both.',
    '',
    'This page is made from the services themselves by `test/integration/observability.test.ts`, which fails when it is',
    'not as they are.',
    ...services.flatMap(({ service, metrics }) => [
      '',
      `## ${service}`,
      '',
      '| metric | type | labels | what it says |',
      '| --- | --- | --- | --- |',
      ...metrics.map(row),
    ]),
    '',
  ].join('\n');
