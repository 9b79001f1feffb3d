export { type Collector, type CollectorDeps, createCollector } from './collector.ts';
export { COLLECTOR_DEFAULTS, type CollectorConfig, SPOOL_MAX_BYTES } from './config.ts';
export { drainLeftSpools } from './left-spools.ts';
export { openSpool, type Spool, type SpoolLog } from './spool.ts';
export { claimSpool } from './spool-directory.ts';
