import { type Aggregator, type AggregatorConfig, createAggregator } from '@cartledger/aggregator';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Collector } from '@cartledger/collector';
import { createCollector } from '@cartledger/collector';
import type { Control } from '@cartledger/control';
import type { EventLog } from '@cartledger/event-log';
import { createIngest, type Ingest } from '@cartledger/ingest';
import { createLogger, createMetrics, type Metrics } from '@cartledger/service';
import { nameOf, type Process } from './world/processes.ts';
import type { World } from './world/scheduler.ts';

export type IngestConfig = NonNullable<Parameters<typeof createIngest>[1]>;

export type Ports = {
  log(process: Process): EventLog;
  clickhouse(process: Process): ClickHouse;
  control(process: Process): Control;
};

type Running = {
  process: Process;
  metrics: Metrics;
  ingest?: Ingest;
  collector?: Collector;
  aggregator?: Aggregator;
};

export type Fleet = {
  /** Starts everything; each process that ends is started again. */
  start(): void;
  readonly running: readonly Running[];
  /** A collector to send to; null while there is none. */
  collector(): { process: Process; collector: Collector } | null;
  /** SIGKILL. */
  kill(process: Process): void;
  /** SIGTERM: it ends by itself. */
  terminate(process: Process): void;
  /** Time goes on as if the machine had slept. */
  sleep(hours: number): void;
  /** Lets go of what processes, dead ones too, have left in this one. */
  close(): void;
  /** Ends by the product's own doing in calm weather. */
  readonly fatalInCalm: number;
};

const HOUR_MS = 3_600_000;
const RESTART_MS = [1_000, 5_000, 15_000] as const;

/** The product's processes, started as their main programs start them, and started again as a supervisor would. */
export const createFleet = (
  world: World,
  ports: Ports,
  {
    ingests,
    collectors,
    aggregators,
    config,
    aggregation,
  }: {
    ingests: number;
    collectors: number;
    aggregators: number;
    config: IngestConfig;
    aggregation: Partial<AggregatorConfig>;
  },
): Fleet => {
  let running: Running[] = [];
  const schedules: Aggregator[] = [];
  let fatalInCalm = 0;
  const logger = createLogger({ component: 'faults', level: 'silent' });

  const end = (process: Process, why: string): void => {
    if (process.state === 'dead') return;
    world.count(`${process.name.replace(/-\d+$/, '')} ${why}`);
    world.kill(process);
    running = running.filter((each) => each.process !== process);
    const ms = RESTART_MS[world.below(RESTART_MS.length, 'restart')] ?? 0;
    world.add({
      kind: 'group',
      label: `start ${process.name}`,
      owner: null,
      at: world.now() + ms,
      run: () => start(process.name),
    });
  };

  const fatal = (process: Process, why: string): void => {
    if (world.calm) fatalInCalm += 1;
    end(process, why);
  };

  const startIngest = (entry: Running): void => {
    const { process, metrics } = entry;
    const ingest = createIngest(
      {
        log: ports.log(process),
        clickhouse: ports.clickhouse(process),
        control: ports.control(process),
        logger,
        metrics,
        now: world.now,
        newBatchId: world.uuid,
        random: world.chance,
        onFatal: () => fatal(process, 'fatal'),
      },
      config,
    );
    entry.ingest = ingest;
    // A log that is down when it starts: the process ends, and its supervisor tries again.
    ingest.start().catch(() => end(process, 'could not start'));
  };

  const startAggregator = (entry: Running): void => {
    const { process, metrics } = entry;
    const aggregator = createAggregator(
      {
        clickhouse: ports.clickhouse(process),
        control: ports.control(process),
        logger,
        metrics,
        now: world.now,
        newId: world.uuid,
        random: world.chance,
      },
      aggregation,
    );
    entry.aggregator = aggregator;
    schedules.push(aggregator);
    aggregator.start().catch((error: unknown) => world.fail('model', `the aggregator did not start: ${error}`));
  };

  const start = (name: string): void => {
    const process = world.spawn(name);
    const entry: Running = { process, metrics: createMetrics() };
    running.push(entry);
    world.as(process, () => {
      if (name.startsWith('ingest')) startIngest(entry);
      else if (name.startsWith('aggregator')) startAggregator(entry);
      else
        entry.collector = createCollector({
          log: ports.log(process),
          control: ports.control(process),
          logger,
          metrics: entry.metrics,
          now: world.now,
        });
    });
  };

  return {
    start: () => {
      for (let n = 1; n <= collectors; n += 1) start(`collector-${n}`);
      for (let n = 1; n <= ingests; n += 1) start(`ingest-${n}`);
      for (let n = 1; n <= aggregators; n += 1) start(`aggregator-${n}`);
    },
    get running() {
      return running;
    },
    collector: () => {
      for (const { process, collector } of running)
        if (collector !== undefined && process.state === 'alive') return { process, collector };
      return null;
    },
    kill: (process) => end(process, 'killed'),
    terminate: (process) => {
      const entry = running.find((each) => each.process === process);
      if (entry === undefined || process.state !== 'alive') return;
      const stopped = world.as(process, () => (entry.ingest ?? entry.collector ?? entry.aggregator)?.stop());
      Promise.resolve(stopped).then(
        () => end(process, 'stopped'),
        (error: unknown) => {
          if (process.state !== 'dead') world.fail('stop', `${nameOf(process)} did not stop: ${error}`);
        },
      );
    },
    sleep: (hours) => {
      // node-cron looks at each missed second one by one, 0.1 ms each of real time: beyond an hour it begins anew.
      if (hours > 1) for (const { process, aggregator } of running) if (aggregator !== undefined) end(process, 'slept');
      world.clock.pass(HOUR_MS * hours);
    },
    close: () => {
      // node-cron keeps every schedule of a process by name until it is ended.
      for (const aggregator of schedules) void aggregator.stop();
    },
    get fatalInCalm() {
      return fatalInCalm;
    },
  };
};
