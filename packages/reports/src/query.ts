import type { Breakdown, Definition, DefinitionVersion, FunnelMode, FunnelUnit, RefundsOn } from '@cartledger/funnel';
import { ReportError } from './errors.ts';

/** What a report is asked for. Days are local days of the store's zone, both inclusive. */
export type ReportQuery = {
  store_id: string;
  /** The newest version. */
  definition: Definition;
  /** All versions; default: the one, for all history. */
  versions?: readonly DefinitionVersion[];
  from: string;
  to: string;
  /** ms UTC; default: what the ledgers have been brought up to. Not before the ledgers' last event. */
  as_of?: number;
  unit?: FunnelUnit;
  mode?: FunnelMode;
  window_ms?: number;
  /** Count the whole period by this version. */
  definition_version?: number;
  breakdown?: Breakdown;
  /** How many values a breakdown lists before the rest is `other`; 1 to 100. */
  breakdown_values?: number;
  /** Of revenue: the day a refund counts on; default: its own. */
  refunds_on?: RefundsOn;
  /**
   * Leaves out what takes longer than counting: medians and other quantiles are null, the lists of products, last pages
   * and last products empty.
   */
  only?: 'counts';
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Longest period a report is made for. */
export const MAX_PERIOD_DAYS = 1_100;

const dayNumber = (field: 'from' | 'to', day: string): number => {
  const ms = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== day)
    throw new ReportError('bad_day', field, `${field} is "${day}", which is no day: give it as YYYY-MM-DD`);
  return ms / 86_400_000;
};

export const checkPeriod = ({ from, to }: Pick<ReportQuery, 'from' | 'to'>): void => {
  const days = dayNumber('to', to) - dayNumber('from', from) + 1;
  if (days < 1) throw new ReportError('bad_period', 'to', `to (${to}) is before from (${from})`);
  if (days > MAX_PERIOD_DAYS)
    throw new ReportError(
      'bad_period',
      'from',
      `${from} to ${to} is ${days} days; at most ${MAX_PERIOD_DAYS} are reported`,
    );
};
