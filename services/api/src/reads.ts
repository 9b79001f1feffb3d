import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control, Store } from '@cartledger/control';
import type { QualityReport, Timeline } from '@cartledger/funnel';
import { MAX_COMPONENT_EVENTS } from '@cartledger/history';
import { createQuality, createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import type { Clock } from '@cartledger/service';
import { createTimelines } from './timelines.ts';

/** Everything the API reads of a store's numbers. */
export type Reads = Reports & {
  quality(query: ReportQuery): Promise<QualityReport>;
  timeline(store: Pick<Store, 'store_id' | 'definition' | 'versions'>, of: Timeline['of']): Promise<Timeline>;
};

export type ReadsDeps = { clickhouse: ClickHouse; control: Pick<Control, 'rejections'>; now?: Clock };

export type ReadsConfig = {
  /** Of events that hang together, as many as the aggregator takes: ComponentTooLarge is thrown for more. */
  maxComponentEvents?: number;
};

export const createReads = (
  { clickhouse, control, now = Date.now }: ReadsDeps,
  { maxComponentEvents = MAX_COMPONENT_EVENTS }: ReadsConfig = {},
): Reads => ({
  ...createReports({ clickhouse, now }, { onDemand: { maxComponentEvents } }),
  quality: createQuality({ clickhouse, rejections: (...asked) => control.rejections.list(...asked), now }),
  timeline: createTimelines({ clickhouse }, { maxComponentEvents }),
});
