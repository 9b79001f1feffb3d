import type { ReportHead } from '@cartledger/funnel';
import type { ReportQuery } from './query.ts';

export const head = (
  query: ReportQuery,
  asOf: number,
  said: Pick<ReportHead, 'open_from' | 'definition_versions' | 'warnings'>,
): ReportHead => ({
  store_id: query.store_id,
  from: query.from,
  to: query.to,
  timezone: query.definition.time_zone,
  as_of: new Date(asOf).toISOString(),
  ...said,
});
