import type { ClickHouse } from '@cartledger/clickhouse';
import { createCalendar, type QualityReport } from '@cartledger/funnel';
import { ReportError } from '../errors.ts';
import { head } from '../head.ts';
import { firstOpenDay } from '../open-from.ts';
import { checkPeriod, type ReportQuery } from '../query.ts';
import { needsDetails } from '../retention.ts';
import { atOneState } from '../snapshot.ts';
import { type StoreState, standingOf } from '../state.ts';
import { refuseVersion, versionNumbers } from '../versions.ts';
import { type DayStart, qualityDays, type RejectionRow } from './days.ts';
import { botDays, cartDays, conflictDays, intakeDays, keptDays, orderDays } from './queries.ts';
import { verdictOf } from './verdict.ts';

export type QualityDeps = {
  clickhouse: ClickHouse;
  /** Events turned away before the log, in quarters of an hour in [from, to), ms UTC. */
  rejections: (store_id: string, from: number, to: number) => Promise<readonly RejectionRow[]>;
  now?: () => number;
};

export type Quality = (query: ReportQuery) => Promise<QualityReport>;

/** Orders of a day may come until then. */
const CLOSES_AFTER_MS = 24 * 3_600_000;
const DAY_MS = 86_400_000;

const MOVING = {
  code: 'ledgers_moving',
  message: 'Much is being taken in: the parts of this report may be seconds apart. Ask again in a moment.',
};

/**
 * How good the data is that the reports are made of, day by day, and how far they can be trusted. A store of which
 * nothing has been taken in yet has a report too: perhaps all of it was rejected. Throws ReportError as reports do.
 */
export const createQuality = ({ clickhouse, rejections, now = Date.now }: QualityDeps): Quality => {
  const standsAt = (state: StoreState, query: ReportQuery): number => {
    try {
      return standingOf(state, query);
    } catch (error) {
      if (error instanceof ReportError && error.code === 'not_ready') return now();
      throw error;
    }
  };

  const read = async (query: ReportQuery, state: StoreState): Promise<QualityReport> => {
    const asOf = standsAt(state, query);
    needsDetails(query, state.keptFrom, 'data quality is judged');
    const { store_id, from, to, definition } = query;
    const calendar = createCalendar(definition.time_zone);
    const days: DayStart[] = [];
    for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
      const day = new Date(at).toISOString().slice(0, 10);
      days.push({ day, start: calendar.dayStart(day) / 1_000 });
    }
    const period = { store_id, from, to };
    const end = calendar.dayEnd(to);
    const receipt = { store_id, starts: days.map(({ start }) => start), until: end / 1_000 };
    const [intake, kept, conflicts, orders, carts, bots, turnedAway] = await Promise.all([
      clickhouse.query(intakeDays, receipt),
      clickhouse.query(keptDays, receipt),
      clickhouse.query(conflictDays, receipt),
      clickhouse.query(orderDays, period),
      clickhouse.query(cartDays, period),
      clickhouse.query(botDays, period),
      rejections(store_id, calendar.dayStart(from), end),
    ]);
    const rows = { intake, kept, conflicts, orders, carts, bots, rejections: turnedAway };
    const listed = qualityDays(days, calendar.dayOf, rows);
    const fromPages = kept.some(({ of_pages }) => of_pages > 0);
    const said = {
      open_from: firstOpenDay(query, asOf, CLOSES_AFTER_MS),
      definition_versions: versionNumbers(query),
      warnings: [],
    };
    return {
      report: 'quality',
      ...head(query, asOf, said),
      days: listed,
      verdict: verdictOf(listed, fromPages),
    };
  };

  return async (query) => {
    checkPeriod(query);
    refuseVersion(query);
    const { value, still } = await atOneState(clickhouse, query.store_id, query, (state) => read(query, state));
    if (!still) value.warnings.push(MOVING);
    return value;
  };
};
