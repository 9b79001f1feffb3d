export { CART_CELLS, DAYS_OF_LEDGER } from './days/of-ledger.ts';
export { ReportError, type ReportErrorCode } from './errors.ts';
export type { Page } from './explain/explain.ts';
export { EXPLAINED, type Explained } from './explain/figure.ts';
export { createQuality, type Quality, type QualityDeps } from './quality/report.ts';
export { MAX_PERIOD_DAYS, type ReportQuery } from './query.ts';
export { createReports, type ReadOptions, type Reports, type ReportsConfig, type ReportsDeps } from './reports.ts';
export type { RestatementsQuery } from './restatements.ts';
