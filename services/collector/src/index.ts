export { type Collector, type CollectorDeps, createCollector } from './collector.ts';
export { COLLECTOR_DEFAULTS, type CollectorConfig } from './config.ts';
