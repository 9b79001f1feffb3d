/** How soon an event can be asked for after it was given to the log, at a steady rate. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf, mebibytesOf, percentile, spreadOf } from '../machine.ts';
import { print } from '../output.ts';
import { canaryVisitors, watchCanaries } from './canaries.ts';
import { keptEvents } from './contents.ts';
import { committedAll } from './group.ts';
import { startLoad } from './load-process.ts';
import { bucketsOf, quantileBucket, sampleOf } from './scrape.ts';
import type { Stack } from './stack.ts';
import { deadLettersOf, startWorker } from './worker.ts';

export type LatencyOptions = { rate: number; seconds: number; partitions: number; json: boolean };

/** Not measured: connections are made, code is compiled. */
const WARM_UP_MS = 10_000;
const PATIENCE_MS = 120_000;
const QUERYABLE = 'cartledger_ingest_queryable_seconds';

/** Answers whether everything that was sent is there. */
export const benchLatency = async (stack: Stack, options: LatencyOptions): Promise<boolean> => {
  const { rate, seconds, partitions } = options;
  const { kafka, log, clickhouse, clickhousePid } = stack;
  const id = randomUUID().slice(0, 8);
  const [topic, group] = [`latency-${id}`, `latency-${id}`];
  await log.ensureTopic(topic, { partitions });
  await clickhouse.command('TRUNCATE TABLE events SYNC');
  await using worker = await startWorker(stack, { topic, group });
  const visitors = canaryVisitors(partitions);
  await using canaries = await watchCanaries(clickhouse, visitors);
  await using load = await startLoad({ brokers: kafka.brokers, topic, rate, canaries: visitors });

  const cpu = () => ({
    worker: cpuSecondsOf(worker.pid),
    clickhouse: cpuSecondsOf(clickhousePid),
    kafka: cpuSecondsOf(kafka.pid),
  });
  await sleep(Math.min(WARM_UP_MS, seconds * 500));
  const since = performance.timeOrigin + performance.now();
  const [before, cpuBefore] = [await worker.metrics(), cpu()];
  await sleep(seconds * 1_000);
  const [after, cpuAfter] = [await worker.metrics(), cpu()];
  const memory = mebibytesOf(worker.pid);
  const { sent, behindMs, canaries: sentCanaries } = await load.stop();
  await committedAll(log, topic, group, PATIENCE_MS);
  const kept = await keptEvents(clickhouse);
  // A last look comes after the last commit.
  const deadline = performance.now() + PATIENCE_MS;
  while (canaries.found < sentCanaries && performance.now() < deadline) await sleep(50);
  const dead = (await log.offsets(deadLettersOf(topic))).some(({ earliest, end }) => end > earliest);
  worker.assertAlive();

  const latencies = canaries.latenciesSince(since);
  const own = quantileBucket(bucketsOf(before, QUERYABLE), bucketsOf(after, QUERYABLE), 0.99);
  const share = (which: 'worker' | 'clickhouse' | 'kafka') => (100 * (cpuAfter[which] - cpuBefore[which])) / seconds;
  const one = (what: string, unit: string, value: number) => ({ what, unit, ...spreadOf([value]) });
  const inserts = sampleOf(after, 'cartledger_ingest_insert_seconds_count');
  const whole = kept === sent && canaries.found === sentCanaries && !dead;
  print(
    `produce to queryable at ${rate} events a second, for ${seconds} s`,
    [
      one('p50', 'ms', percentile(latencies, 0.5)),
      one('p99', 'ms', percentile(latencies, 0.99)),
      one('most', 'ms', percentile(latencies, 1)),
      one('p99 by the worker’s own histogram: above', 'ms', (own?.above ?? Number.NaN) * 1_000),
      one('p99 by the worker’s own histogram: up to', 'ms', (own?.upTo ?? Number.NaN) * 1_000),
      one('CPU of the worker, of one core', '%', share('worker')),
      one('CPU of ClickHouse, of one core', '%', share('clickhouse')),
      one('CPU of the broker, of one core', '%', share('kafka')),
      one('memory of the worker', 'MiB', memory),
      one('inserts a second', '1/s', (inserts - sampleOf(before, 'cartledger_ingest_insert_seconds_count')) / seconds),
      one('longest delay in sending', 'ms', behindMs),
    ],
    { canaries: latencies.length, sent, kept, whole },
    options.json,
    { p99_ms: percentile(latencies, 0.99), worker_p99_ms: own && [own.above * 1_000, own.upTo * 1_000], whole },
  );
  if (!whole)
    console.error(`${kept} events of ${sent}, ${canaries.found} canaries of ${sentCanaries}, dead letters: ${dead}`);
  return whole;
};
