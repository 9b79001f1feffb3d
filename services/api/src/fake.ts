/** What the API's tests put in the place of ClickHouse. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import type {
  AbandonmentReport,
  Explanation,
  FunnelReport,
  PipelineReport,
  QualityReport,
  ReportHead,
  RevenueReport,
  Timeline,
} from '@cartledger/funnel';
import type { ReportQuery } from '@cartledger/reports';
import type { FxRates } from './fx-rates.ts';
import type { Reads } from './reads.ts';

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
  times: {
    median_ms_to_abandonment: 3_600_000,
    p90_ms_to_abandonment: 3_600_000,
    median_ms_to_recovery: null,
    p90_ms_to_recovery: null,
  },
  contactable: { carts: 1, value: { EUR: HUGE } },
  peak_value: { EUR: HUGE },
  removed: {},
  last_pages: [{ page: '/cart', carts: 1, value: { EUR: HUGE } }],
  last_products: [],
});

const revenue = (query: ReportQuery): RevenueReport => ({
  report: 'revenue',
  ...headOf(query),
  refunds_on: query.refunds_on ?? 'refund',
  currencies: {},
  converted: null,
});

const pipeline = (query: ReportQuery): PipelineReport => ({
  report: 'pipeline',
  ...headOf(query),
  leads: 4,
  orders: 1,
  orders_per_lead: 0.25,
  stages: [{ stage: 'visit', conversion_from_first: 1, target: 0.5, difference: 0.5 }],
  sales_cycle: { orders: 1, median_ms: 5, p90_ms: 5 },
  average_order_value: { EUR: HUGE, JPY: null },
  standing: { carts: 0, value: {} },
  won: { carts: 1, value: { EUR: HUGE } },
  lost: { carts: 0, value: {}, reasons: [] },
  stale: { carts: 0, value: {} },
  new_buyers: 1,
  bottleneck: null,
});

const quality = (query: ReportQuery): QualityReport => ({
  report: 'quality',
  ...headOf(query),
  days: [],
  verdict: { level: 'good', sentences: ['Nothing is wrong.'] },
});

const explanation = (query: ReportQuery): Explanation => ({
  report: 'explanation',
  ...headOf(query),
  of: 'funnel stage=visit,figure=units',
  unit: 'visitor',
  count: 1,
  amount: { currency: 'EUR', amount: HUGE },
  rows: [
    { id: 'v', visitor_id: 'v', at: new Date(NOW).toISOString(), day: query.to, amount: HUGE, note: 'reached visit' },
  ],
  next_cursor: 'more',
});

const timeline = (store_id: string, of: Timeline['of']): Timeline => ({
  store_id,
  of,
  timezone: 'UTC',
  as_of: new Date(NOW).toISOString(),
  entries: [
    {
      at: new Date(NOW).toISOString(),
      kind: 'event',
      what: 'visit',
      id: 'e',
      visitor_id: 'v',
      cart_key: null,
      rule: 'no_cart',
      explanation: 'A visit belongs to no cart before one is open.',
    },
  ],
});

/** Reports that remember what they were asked for, and throw instead when told to. */
export const fakeReports = () => {
  const asked: ReportQuery[] = [];
  /** What else was asked for: pages of explanations, timelines, restatements. */
  const also: unknown[] = [];
  let failure: Error | null = null;
  const answered = <R>(make: () => R): Promise<R> => (failure ? Promise.reject(failure) : Promise.resolve(make()));
  const answering =
    <R>(make: (query: ReportQuery) => R) =>
    (query: ReportQuery): Promise<R> => {
      asked.push(query);
      return answered(() => make(query));
    };
  const reports: Reads = {
    funnel: answering(funnel),
    abandonment: answering(abandonment),
    revenue: answering(revenue),
    pipeline: answering(pipeline),
    quality: answering(quality),
    explain: (report, query, page) => {
      also.push({ report, ...page });
      return answering(explanation)(query);
    },
    restatements: (query) => {
      also.push(query);
      return answered(() => [
        {
          day: '2026-11-01',
          figure: 'revenue EUR orders.count',
          from: '1',
          to: '2',
          cause: 'late_order' as const,
          at: new Date(NOW).toISOString(),
        },
      ]);
    },
    timeline: ({ store_id }, of) => {
      also.push(of);
      return answered(() => timeline(store_id, of));
    },
  };
  return {
    reports,
    asked,
    also,
    fail: (error: Error) => {
      failure = error;
    },
  };
};

/** Rates that are kept in memory. */
export const fakeFxRates = () => {
  const stored: Parameters<FxRates['store']>[0][number][] = [];
  const fxRates: FxRates = {
    store: (rates) => {
      stored.push(...rates);
      return Promise.resolve();
    },
    list: () => Promise.resolve(stored.map(({ day, ...rate }) => ({ ...rate, days: 1, from: day, to: day }))),
  };
  return { fxRates, stored };
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

const refuse = (): never => {
  throw new Error('the fakes answer without ClickHouse');
};
export const noClickHouse: Pick<ClickHouse, 'stream' | 'ping' | 'query' | 'insertNative'> = {
  ping: () => Promise.resolve(false),
  stream: refuse,
  query: refuse,
  insertNative: refuse,
};
