export { createIngestAdmin } from './admin/admin.ts';
export type { IngestAdminConfig, IngestAdminDeps } from './admin/routes.ts';
export { DEFAULT_CONFIG, type IngestConfig } from './config.ts';
export { createIngest } from './ingest.ts';
export type { Ingest, IngestDeps } from './port.ts';
export { createQuarantine, type Quarantine } from './quarantine.ts';
export type { AssignedPartition, IngestReadiness } from './readiness.ts';
