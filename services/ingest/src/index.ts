export { createIngestAdmin } from './admin/admin.ts';
export type { IngestAdminConfig, IngestAdminDeps } from './admin/routes.ts';
export { DEFAULT_CONFIG, type IngestConfig } from './config.ts';
export {
  type AssignedPartition,
  createIngest,
  type Ingest,
  type IngestDeps,
  type IngestReadiness,
} from './ingest.ts';
export { createQuarantine, type Quarantine } from './quarantine.ts';
