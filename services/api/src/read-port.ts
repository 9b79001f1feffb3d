import type { Store } from '@cartledger/control';
import type { Explanation, PipelineReport, QualityReport, Restatement, Timeline } from '@cartledger/funnel';
import type { ReportQuery, Reports } from '@cartledger/reports';

/** Reports whose figures can be explained. */
export const EXPLAINED = ['funnel', 'abandonment', 'revenue'] as const;
export type Explained = (typeof EXPLAINED)[number];

/** Everything the API reads of a store's numbers. All throw ReportError for what cannot be answered. */
export type ReadPort = Reports & {
  pipeline(query: ReportQuery): Promise<PipelineReport>;
  quality(query: ReportQuery): Promise<QualityReport>;
  explain(
    report: Explained,
    query: ReportQuery,
    page: { figure: string; limit?: number; cursor?: string },
  ): Promise<Explanation>;
  restatements(query: { store_id: string; from?: string; to?: string }): Promise<Restatement[]>;
  timeline(store: Store, of: Timeline['of']): Promise<Timeline>;
};
