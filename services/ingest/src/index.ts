export { DEFAULT_CONFIG, type IngestConfig } from './config.ts';
export {
  createIngest,
  type Ingest,
  type IngestDeps,
  type IngestReadiness,
} from './ingest.ts';
