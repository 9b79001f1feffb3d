import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type CountedHistogram, countedHistogram } from './counted-histogram.ts';

export type { Counter, Gauge, Histogram } from 'prom-client';

export type Metrics = {
  readonly registry: Registry;
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /** `collect` is called at each scrape, for values that are read rather than kept. */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L>;
  histogram<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** Without labels, for observations that are counted where they are made. */
  countedHistogram(name: string, help: string, bounds: readonly number[]): CountedHistogram;
  /** The Prometheus text of all of them. */
  text(): Promise<string>;
  readonly contentType: string;
};

/** Seconds; from a local read to a query that has to be looked into. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * A Prometheus registry of its own (nothing global, so several services of one process share one by being given
 * it, and tests do not meet). Names are `cartledger_<service>_<what>_<unit>`, counters end in `_total`; a name
 * can be registered once. Labels are from closed sets only: never an id a sender chooses.
 */
export const createMetrics = ({ processMetrics = false }: { processMetrics?: boolean } = {}): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = [], collect) => {
      const options = { name, help, labelNames: [...labels], registers };
      if (!collect) return new Gauge(options);
      return new Gauge({
        ...options,
        collect() {
          return collect(this);
        },
      });
    },
    histogram: (name, help, labels = [], buckets = SECONDS) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
    countedHistogram: (name, help, bounds) =>
      countedHistogram(new Histogram({ name, help, buckets: [...bounds], registers }), { name, help, bounds }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
};
