export { ReportError, type ReportErrorCode } from './errors.ts';
export type { Page } from './explain/explain.ts';
export { EXPLAINED, type Explained } from './explain/figure.ts';
export { MAX_PERIOD_DAYS, type ReportQuery } from './query.ts';
export { createReports, type Reports } from './reports.ts';
