import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FindOptions, type FoundService, findClickHouse, findKafka, findPostgres } from '@cartledger/local-stack';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** For @clickhouse/client. Tests make a database of their own. */
    clickhouseUrl: string;
    /** host:port, comma-separated. Tests make topics and consumer groups of their own. */
    kafkaBrokers: string;
    /** Of a superuser. Tests make a database of their own. */
    postgresUrl: string;
  }
}

/** One ClickHouse, one Kafka and one PostgreSQL for the whole run. One that is not to be had fails it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-integration-'));
  // PostgreSQL, which does not run as root, has to get at its data below.
  chmodSync(dir, 0o711);
  const started: FoundService[] = [];
  const start = async (name: string, find: (options: FindOptions) => Promise<FoundService>): Promise<string> => {
    const begun = performance.now();
    const service = await find({ dir: join(dir, name) });
    started.push(service);
    console.log(`${name}: ${service.via} (${Math.round(performance.now() - begun)} ms)`);
    return service.address;
  };
  const teardown = async () => {
    await Promise.all(started.map((service) => service.stop()));
    rmSync(dir, { recursive: true, force: true });
  };

  const results = await Promise.allSettled([
    start('clickhouse', findClickHouse),
    start('kafka', findKafka),
    start('postgres', findPostgres),
  ]);
  const [clickhouse, kafka, postgres] = results;
  if (clickhouse.status === 'rejected' || kafka.status === 'rejected' || postgres.status === 'rejected') {
    await teardown();
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    throw new AggregateError(reasons, `The integration tests need all three services.\n${reasons.join('\n')}`);
  }
  project.provide('clickhouseUrl', clickhouse.value);
  project.provide('kafkaBrokers', kafka.value);
  project.provide('postgresUrl', postgres.value);
  return teardown;
}
