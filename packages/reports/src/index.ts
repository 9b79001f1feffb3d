export { ReportError, type ReportErrorCode } from './errors.ts';
export { MAX_PERIOD_DAYS, type ReportQuery } from './query.ts';
export { createReports, type Reports } from './reports.ts';
