import type { AbandonmentReport } from './abandonment.ts';
import type { FunnelReport } from './funnel.ts';
import type { RevenueReport } from './revenue.ts';

export * from './abandonment.ts';
export * from './explanation.ts';
export * from './funnel.ts';
export * from './head.ts';
export * from './pipeline.ts';
export * from './quality.ts';
export * from './restatement.ts';
export * from './revenue.ts';
export * from './timeline.ts';

export type Report = FunnelReport | AbandonmentReport | RevenueReport;
