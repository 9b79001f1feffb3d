/** What the API's tests put in the place of ClickHouse. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import type { AbandonmentReport, FunnelReport, ReportHead, RevenueReport } from '@cartledger/funnel';
import type { ReportQuery, Reports } from '@cartledger/reports';

export const NOW = Date.UTC(2026, 10, 22, 23, 30);
/** More than a number holds exactly. */
export const HUGE = 2n ** 60n + 1n;

const headOf = ({ store_id, from, to, definition }: ReportQuery): ReportHead => ({
  store_id,
  from,
  to,
  timezone: definition.time_zone,
  as_of: new Date(NOW).toISOString(),
  open_from: from,
  definition_versions: [definition.version],
  warnings: [],
});

const RATES = { abandonment_rate: 0.5, recovery_rate: null, not_bought_rate: 0.25 };

const funnel = (query: ReportQuery): FunnelReport => ({
  report: 'funnel',
  ...headOf(query),
  unit: 'visitor',
  mode: 'ordered',
  window_ms: 604_800_000,
  stages: [
    {
      stage: 'visit',
      units: 1,
      units_any: 1,
      conversion_from_first: 1,
      conversion_from_previous: null,
      dropped: 0,
      median_ms_to_next: null,
      p90_ms_to_next: null,
    },
  ],
});

const abandonment = (query: ReportQuery): AbandonmentReport => ({
  report: 'abandonment',
  ...headOf(query),
  carts: {
    created: 1,
    active: 0,
    idle: 0,
    abandoned: 1,
    lost: 0,
    emptied: 0,
    purchased: 0,
    recovered: 0,
    recovered_late: 0,
    revived: 0,
  },
  ...RATES,
  checkout: RATES,
  points: [{ stage: 'cart', carts: 1, value: { EUR: HUGE } }],
  reasons: [],
  products: [],
});

const revenue = (query: ReportQuery): RevenueReport => ({ report: 'revenue', ...headOf(query), currencies: {} });

/** Reports that remember what they were asked for, and throw instead when told to. */
export const fakeReports = () => {
  const asked: ReportQuery[] = [];
  let failure: Error | null = null;
  const answering =
    <R>(make: (query: ReportQuery) => R) =>
    (query: ReportQuery): Promise<R> => {
      asked.push(query);
      return failure ? Promise.reject(failure) : Promise.resolve(make(query));
    };
  const reports: Reports = {
    funnel: answering(funnel),
    abandonment: answering(abandonment),
    revenue: answering(revenue),
  };
  return {
    reports,
    asked,
    fail: (error: Error) => {
      failure = error;
    },
  };
};

/** Two stores, with a token of each kind. */
export const twoStores = async () => {
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: () => NOW });
  await control.migrate();
  await control.stores.create('shop', { time_zone: 'Europe/Berlin' });
  await control.stores.create('other');
  const tokenOf = async (...key: Parameters<typeof control.keys.create>): Promise<string> =>
    (await control.keys.create(...key)).key;
  return {
    control,
    tokens: {
      read: await tokenOf('shop', 'reports:read'),
      other: await tokenOf('other', 'reports:read'),
      write: await tokenOf('shop', 'events:write'),
      admin: await tokenOf(null, 'admin'),
    },
  };
};

export const noClickHouse: Pick<ClickHouse, 'stream' | 'ping'> = {
  ping: () => Promise.resolve(false),
  stream: () => {
    throw new Error('the fakes answer without ClickHouse');
  },
};
