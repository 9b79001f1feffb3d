export { type Api, type ApiDeps, createApi } from './api.ts';
export type { ApiConfig } from './config.ts';
export { createEventExport, type EventExport } from './event-export.ts';
export { createReads, type Reads } from './reads.ts';
export { createTimelines, type Timelines } from './timelines.ts';
