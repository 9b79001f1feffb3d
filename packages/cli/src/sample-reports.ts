/** Reports for tests of how they are printed. */
import {
  type AbandonmentReport,
  type FunnelReport,
  type FunnelStage,
  type PipelineReport,
  type QualityReport,
  type RevenueReport,
  stringifyExact,
} from '@cartledger/funnel';
import { qualityDay } from '@cartledger/funnel/testing';
import { parseReport, type Report } from './reports.ts';

const HEAD = {
  store_id: 'shop',
  from: '2026-11-01',
  to: '2026-11-30',
  timezone: 'Europe/Berlin',
  as_of: '2026-11-22T10:00:00.000Z',
  open_from: null,
  definition_versions: [1, 2],
  warnings: [],
};

const stage = (name: string, units: number, share: number | null): FunnelStage => ({
  stage: name,
  units,
  units_any: units + 1,
  conversion_from_first: share,
  conversion_from_previous: null,
  dropped: 2,
  median_ms_to_next: 61_000,
  p90_ms_to_next: null,
});

export const FUNNEL: FunnelReport = {
  ...HEAD,
  report: 'funnel',
  unit: 'visitor',
  mode: 'ordered',
  window_ms: 604_800_000,
  stages: [stage('visit', 3, 1)],
};

export const BROKEN_DOWN: FunnelReport = {
  ...FUNNEL,
  breakdown: {
    by: 'product',
    overlapping: true,
    values: [
      { value: 'mug, large', stages: [stage('visit', 3, 1), stage('purchase', 1, 0.333333)] },
      { value: '(none)', stages: [stage('visit', 1, 1), stage('purchase', 0, 0)] },
      { value: 'other', stages: [stage('visit', 0, null), stage('purchase', 0, null)] },
    ],
  },
};

const RATES = { abandonment_rate: 0.333333, recovery_rate: null, not_bought_rate: 0.5 };

export const ABANDONMENT: AbandonmentReport = {
  ...HEAD,
  report: 'abandonment',
  ...RATES,
  checkout: { ...RATES, abandonment_rate: 0 },
  carts: {
    created: 3,
    active: 0,
    idle: 0,
    abandoned: 1,
    lost: 0,
    emptied: 0,
    purchased: 2,
    recovered: 0,
    recovered_late: 0,
    revived: 0,
  },
  points: [{ stage: 'cart', carts: 1, value: { CHF: 5n, EUR: 123_456_789_012_345_678_901n } }],
  reasons: [],
  products: Array.from({ length: 30 }, (_, i) => ({
    product_id: `p${i}`,
    name: i === 0 ? 'Mug, "large"' : null,
    carts: 1,
    left: 1,
    bought: 0,
    value_left: i === 0 ? { EUR: 1290n } : {},
  })),
  times: {
    median_ms_to_abandonment: 3_600_000,
    p90_ms_to_abandonment: 7_200_000,
    median_ms_to_recovery: null,
    p90_ms_to_recovery: null,
  },
  contactable: { carts: 1, value: { EUR: 1290n } },
  peak_value: { EUR: 2000n },
  removed: { EUR: 710n },
  last_pages: [{ page: '', carts: 1, value: { EUR: 1290n } }],
  last_products: [{ product_id: 'p0', carts: 1, value: { EUR: 1290n } }],
};

const CARTS = { value: 300n, left: 100n, standing: 0n, emptied: 0n, bought: 200n };
const ORDERS = {
  gross_sales: 200n,
  discounts: 10n,
  tax: 0n,
  shipping: 0n,
  unexplained: 0n,
  order_total: 190n,
  refunds: 0n,
  net: 190n,
  net_sales: 190n,
};

export const REVENUE: RevenueReport = {
  ...HEAD,
  report: 'revenue',
  refunds_on: 'refund',
  currencies: {
    EUR: {
      stages: [{ stage: 'cart', carts: 2, reached: 300n, left: 100n, standing: 0n, emptied: 0n, recovered: 0n }],
      carts: CARTS,
      orders: { count: 1, without_cart: 0, ...ORDERS, average_order_value: null },
      bridge: [{ line: 'discounts', amount: -10n }],
      timing: 0n,
      difference: 0n,
    },
  },
  converted: null,
};

export const CONVERTED: RevenueReport = {
  ...REVENUE,
  converted: {
    currency: 'EUR',
    source: 'ecb',
    rate_days: { from: '2026-11-02', to: '2026-11-20' },
    missing: [{ currency: 'USD', day: '2026-11-07' }],
    carts: CARTS,
    orders: null,
  },
};

export const PIPELINE: PipelineReport = {
  ...HEAD,
  report: 'pipeline',
  leads: 200,
  orders: 5,
  orders_per_lead: 0.025,
  stages: [
    { stage: 'visit', conversion_from_first: 1, target: null, difference: null },
    { stage: 'purchase', conversion_from_first: 0.021, target: 0.025, difference: -0.004 },
  ],
  sales_cycle: { orders: 4, median_ms: 3_600_000, p90_ms: 86_400_000 },
  average_order_value: { EUR: 4210n, JPY: null },
  standing: { carts: 1, value: { EUR: 100n } },
  won: { carts: 4, value: { EUR: 16_840n } },
  lost: { carts: 2, value: { EUR: 50n }, reasons: [{ code: 'none', carts: 2, value: { EUR: 50n } }] },
  stale: { carts: 3, value: {} },
  new_buyers: 2,
  bottleneck: { stage: 'checkout', units: 150, conversion: 0.2, mean_conversion: 0.3, units_missing: 15 },
};

export const QUALITY: QualityReport = {
  ...HEAD,
  report: 'quality',
  days: [
    qualityDay('2026-11-01', {
      deliveries: 11,
      events: 10,
      duplicates: 1,
      rejected: [
        { code: 'bad_id', count: 2 },
        { code: 'bad_type', count: 1 },
      ],
      orders: 2,
      orders_without_cart: [{ reason: 'no_add_seen', orders: 1 }],
      unexplained: { EUR: 4n, JPY: 10n },
      unexplained_share: 0.002,
    }),
    qualityDay('2026-11-02', {
      rejected: [{ code: 'bad_type', count: 4 }],
      clock_errors: { deliveries: 3, largest_ms: 90_000 },
      bots: { visitors: 1, carts: 501 },
    }),
  ],
  verdict: { level: 'fair', sentences: ['0.20 % of order totals is unexplained.'] },
};

/** As it comes from the API. */
export const asAnswered = (report: Report): Report => {
  const answered = parseReport(stringifyExact(report));
  if (answered === null) throw new TypeError('a sample is no report');
  return answered;
};
