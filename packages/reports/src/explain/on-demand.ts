import { type JourneyRow, OTHER_VALUES } from '@cartledger/funnel';
import { anyBits, isCounted, valuesIn } from '../funnel/fold-rows.ts';
import type { FunnelPlan } from '../funnel/plan.ts';
import type { ReportQuery } from '../query.ts';
import type { Place } from './cursor.ts';
import { comparePlaces, type Found, type Placed } from './explain.ts';
import type { Part } from './figure.ts';
import type { FunnelFigure } from './funnel-figures.ts';

const has = (bits: number, k: number): boolean => ((bits >>> k) & 1) === 1;

/** As FIGURES of funnel-figures.ts say it in SQL. */
const counts = (row: JourneyRow, query: ReportQuery, { figure, stage }: FunnelFigure, last: number): boolean => {
  switch (figure) {
    case 'units':
      return isCounted(row, query) && has(row.hit, stage);
    case 'units_any':
      return has(anyBits(row, query), stage);
    case 'dropped':
      return isCounted(row, query) && stage < last && has(row.hit, stage) && !has(row.hit, stage + 1);
  }
};

/** Rows held for a page of so many, before the later ones are let go. */
const SLACK = 4;

/** Takes journeys one by one and keeps those behind a place that come first: memory is that of a page. */
export const createJourneyFinder = (
  query: ReportQuery,
  plan: FunnelPlan,
  { asked, value, listed }: { asked: FunnelFigure; value: string | null; listed: readonly string[] | null },
  part: Part,
  after: Place,
  size: number,
) => {
  let count = 0;
  let rows: Placed[] = [];
  const last = plan.stages.length - 1;

  const among = (row: JourneyRow): boolean => {
    const { breakdown: by } = plan;
    if (value === null || by === null) return true;
    const values = valuesIn(row, by);
    return listed !== null && value === OTHER_VALUES
      ? values.some((each) => !listed.includes(each))
      : values.includes(value);
  };
  const trim = (): void => {
    rows = rows.sort((a, b) => comparePlaces(a.place, b.place)).slice(0, size);
  };

  return {
    take: (row: JourneyRow): void => {
      if (row.funnel !== plan.key || row.excluded || row.day < query.from || row.day > query.to) return;
      if (!counts(row, query, asked, last) || !among(row)) return;
      count++;
      const sort = row.hit > 0 ? row.started_at : Date.parse(`${row.day}T00:00:00Z`);
      const place = { at: sort, part: 0, id: row.unit_id, tie: '' };
      if (comparePlaces(place, after) <= 0) return;
      const ms = row.ms_to_next.reduce((sum, each) => sum + each, 0);
      rows.push({
        part,
        place,
        row: {
          sort,
          id: row.unit_id,
          tie: '',
          visitor: row.visitor_id,
          stands: row.hit > 0,
          journey: [row.hit, row.any, ms],
          words: ['', '', '', ''],
          on_day: row.day,
          share: 0n,
        },
      });
      if (rows.length > SLACK * size) trim();
    },
    found: (): Found => {
      trim();
      return { count, total: 0n, rows };
    },
  };
};
