export {
  COLLECTOR_DEFAULTS,
  type Collector,
  type CollectorConfig,
  type CollectorDeps,
  createCollector,
} from './collector.ts';
