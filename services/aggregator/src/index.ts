export {
  type Aggregator,
  type AggregatorDeps,
  type AggregatorReadiness,
  createAggregator,
} from './aggregator.ts';
export { type AggregatorConfig, DEFAULT_CONFIG } from './config.ts';
export { AggregatorError, type AggregatorErrorCode } from './errors.ts';
export type { RunOutcome } from './run.ts';
