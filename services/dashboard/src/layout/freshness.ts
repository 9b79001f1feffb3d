import { formatDuration } from '../format/duration.ts';
import { formatDayShort } from '../format/when.ts';
import type { Day, Period } from '../period/day.ts';

const LATE_MS = 60_000;
const MINUTE_MS = 60_000;

export type Freshness = { kind: 'live' | 'late' | 'closed'; text: string };

/** Whether figures may still move, and whether the report stands noticeably behind the clock. */
export const freshnessOf = (report: Period & { as_of: string; open_from: Day | null }, nowMs: number): Freshness => {
  const behind = nowMs - Date.parse(report.as_of);
  if (report.open_from === null) return { kind: 'closed', text: 'All days closed' };
  const open =
    report.open_from <= report.from
      ? report.from === report.to
        ? 'day still open'
        : 'all days still open'
      : `open from ${formatDayShort(report.open_from)}`;
  if (behind > LATE_MS) {
    const rounded = behind < 60 * MINUTE_MS ? Math.round(behind / MINUTE_MS) * MINUTE_MS : behind;
    return { kind: 'late', text: `${formatDuration(rounded)} behind · ${open}` };
  }
  return { kind: 'live', text: `Live · ${open}` };
};
