export { type Api, type ApiConfig, type ApiDeps, createApi } from './api.ts';
export { createEventExport, type EventExport } from './event-export.ts';
