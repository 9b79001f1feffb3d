/** Plausible reports that add up the way the real ones do, for tests and for looking at pages without a server. */
import { BRIDGE_LINES, type BridgeLine } from '@cartledger/funnel';
import type { StoreInfo, WireAbandonment, WireFunnel, WireMoney, WireRevenue } from '../src/api/wire.ts';

const HOUR_MS = 3_600_000;

export const storeFixture = (store_id: string, currency = 'EUR', time_zone = 'Europe/Berlin'): StoreInfo => ({
  store_id,
  time_zone,
  currency,
  idle_ms: HOUR_MS / 2,
  abandon_ms: HOUR_MS,
  recovery_ms: 168 * HOUR_MS,
});

export type HeadFixture = Pick<
  WireFunnel,
  'store_id' | 'from' | 'to' | 'timezone' | 'as_of' | 'open_from' | 'warnings'
>;

const HEAD: HeadFixture & { definition_versions: number[] } = {
  store_id: 'shop',
  from: '2026-10-24',
  to: '2026-11-22',
  timezone: 'Europe/Berlin',
  as_of: '2026-11-22T13:03:22.000Z',
  open_from: '2026-11-16',
  definition_versions: [1],
  warnings: [],
};

const round6 = (value: number): number => Math.round(value * 1e6) / 1e6;
const rate = (a: number, b: number): number | null => (b === 0 ? null : round6(a / b));

const FUNNEL: [string, number, number | null][] = [
  ['visit', 48_213, 41_000],
  ['product_view', 31_904, 184_000],
  ['add_to_cart', 9_127, 412_000],
  ['checkout', 4_381, 236_000],
  ['purchase', 2_916, null],
];

export const funnelFixture = (scale = 1, head: Partial<HeadFixture> = {}, stages = FUNNEL): WireFunnel => {
  const counts = stages.map(([, units]) => Math.round(units * scale));
  const first = counts[0] ?? 0;
  return {
    ...HEAD,
    ...head,
    report: 'funnel',
    unit: 'visitor',
    mode: 'ordered',
    window_ms: 168 * HOUR_MS,
    stages: stages.map(([stage, , median], index) => {
      const units = counts[index] ?? 0;
      const next = counts[index + 1];
      return {
        stage,
        units,
        units_any: Math.round(units * (1 + index * 0.03)),
        conversion_from_first: rate(units, first),
        conversion_from_previous: index === 0 ? null : rate(units, counts[index - 1] ?? 0),
        dropped: next === undefined ? 0 : units - next,
        median_ms_to_next: units === 0 ? null : median,
        p90_ms_to_next: units === 0 || median === null ? null : median * 9,
      };
    }),
  };
};

const money = (amount: number, currencies: readonly string[]): WireMoney =>
  Object.fromEntries(currencies.map((currency, index) => [currency, Math.round(amount / 4 ** index)]));

const POINTS: [WireAbandonment['points'][number]['stage'], number, number][] = [
  ['cart', 2_871, 21_480_300],
  ['checkout.start', 604, 5_230_110],
  ['checkout.contact', 233, 2_004_860],
  ['checkout.shipping', 418, 4_120_900],
  ['checkout.payment', 297, 3_018_440],
];
const REASONS: [string, number, number][] = [
  ['none', 3_204, 24_602_190],
  ['shipping_cost_shown', 517, 4_640_320],
  ['payment_declined', 288, 2_951_700],
  ['coupon_rejected', 221, 1_703_600],
  ['out_of_stock', 121, 1_320_900],
  ['form_error', 72, 635_900],
];
const PRODUCTS: [string, string | null, number, number, number, number][] = [
  ['sku-20441', 'Merino crew sweater', 1_204, 611, 402, 6_110_000],
  ['sku-20087', 'Waxed canvas backpack, olive', 987, 540, 318, 5_994_000],
  ['sku-31002', 'Enamel mug, set of four', 914, 398, 441, 1_552_200],
  ['sku-11840', 'Linen duvet cover 200 × 200', 702, 377, 240, 4_863_300],
  ['sku-77120', 'Beeswax candle', 688, 201, 430, 361_800],
  ['sku-40019', 'Cast iron skillet 26 cm', 541, 266, 203, 2_367_400],
  ['sku-99001', null, 320, 144, 151, 1_180_800],
  ['sku-52200', 'Garden shears, left-handed, with a name long enough to wrap on small screens', 88, 51, 30, 249_900],
];

const CARTS = { active: 61, idle: 38, abandoned: 1_406, lost: 3_017, emptied: 1_122, purchased: 2_240, recovered: 641 };

export const abandonmentFixture = (
  scale = 1,
  head: Partial<HeadFixture> = {},
  currencies: readonly string[] = ['EUR'],
): WireAbandonment => {
  const n = (value: number): number => Math.round(value * scale);
  const states = Object.fromEntries(Object.entries(CARTS).map(([state, value]) => [state, n(value)]));
  const carts = { ...CARTS, ...states };
  const created = Object.values(carts).reduce((sum, value) => sum + value, 0);
  const ever = carts.abandoned + carts.lost + carts.recovered;
  const rows = ([, , value]: readonly [unknown, number, number]): WireMoney =>
    scale === 0 ? {} : money(value * scale, currencies);
  return {
    ...HEAD,
    ...head,
    report: 'abandonment',
    carts: { ...carts, created, recovered_late: n(44), revived: n(390) },
    abandonment_rate: rate(ever, ever + carts.purchased),
    recovery_rate: rate(carts.recovered, ever),
    not_bought_rate: rate(created - carts.purchased - carts.recovered, created),
    checkout: {
      abandonment_rate: scale === 0 ? null : 0.418_233,
      recovery_rate: scale === 0 ? null : 0.271_04,
      not_bought_rate: scale === 0 ? null : 0.334_411,
    },
    points: POINTS.map((row) => ({ stage: row[0], carts: n(row[1]), value: rows(row) })),
    reasons: scale === 0 ? [] : REASONS.map((row) => ({ code: row[0], carts: n(row[1]), value: rows(row) })),
    products:
      scale === 0
        ? []
        : PRODUCTS.map(([product_id, name, inCarts, left, bought, value]) => ({
            product_id,
            name,
            carts: n(inCarts),
            left: n(left),
            bought: n(bought),
            value_left: money(value * scale, currencies),
          })),
    times: {
      median_ms_to_abandonment: scale === 0 ? null : 5_820_000,
      p90_ms_to_abandonment: scale === 0 ? null : 12_900_000,
      median_ms_to_recovery: scale === 0 ? null : 91_400_000,
      p90_ms_to_recovery: scale === 0 ? null : 402_000_000,
    },
    contactable: { carts: n(1_870), value: scale === 0 ? {} : money(14_220_000 * scale, currencies) },
    peak_value: scale === 0 ? {} : money(61_400_000 * scale, currencies),
    removed: scale === 0 ? {} : money(7_020_000 * scale, currencies),
    last_pages: [],
    last_products: [],
  };
};

const STEPS: Partial<Record<BridgeLine, number>> = {
  joined_carts: 24_918_300,
  added_at_checkout: 812_450,
  dropped_at_checkout: -391_200,
  price_and_quantity_changes: -104_990,
  'orders_without_cart.no_add_seen': 1_240_000,
  'orders_without_cart.other_channel': 3_418_900,
  discounts: -2_204_115,
  tax: 0,
  shipping: 1_147_600,
  refunds: -1_630_880,
};

/** `difference` other than 0 is what must never happen; pages raise an alarm. */
export const currencyFixture = (scale = 1, difference = 0): WireRevenue['currencies'][string] => {
  const step = (line: BridgeLine): number => Math.round((STEPS[line] ?? 0) * scale);
  let sum = 0;
  const bridge = BRIDGE_LINES.map((line) => {
    if (line !== 'gross_sales' && line !== 'order_total' && line !== 'net') sum += step(line);
    const isTotal = line === 'gross_sales' || line === 'order_total' || line === 'net';
    return { line, amount: isTotal ? sum : step(line) };
  });
  const of = (line: BridgeLine): number => bridge.find((entry) => entry.line === line)?.amount ?? 0;
  const n = (value: number): number => Math.round(value * scale);
  const at = POINTS.map(([stage, carts, left], index) => ({
    stage,
    carts: n(carts),
    left: n(left),
    standing: n([801_200, 144_000, 20_100, 66_300, 41_900][index] ?? 0),
    emptied: n([5_210_000, 380_400, 41_000, 97_700, 12_300][index] ?? 0),
    recovered: n([3_120_500, 641_000, 190_200, 520_800, 388_100][index] ?? 0),
  }));
  const bought = n(24_102_900);
  let reached = bought;
  let carts = n(2_881);
  const stages: WireRevenue['currencies'][string]['stages'] = [
    { stage: 'purchase', carts, reached, left: 0, standing: 0, emptied: 0, recovered: 0 },
  ];
  for (const entry of at.toReversed()) {
    reached += entry.left + entry.standing + entry.emptied;
    carts += entry.carts;
    stages.unshift({ ...entry, carts, reached });
  }
  const total = (key: 'left' | 'standing' | 'emptied'): number => at.reduce((acc, entry) => acc + entry[key], 0);
  const count = n(2_916);
  return {
    stages,
    carts: { value: reached, left: total('left'), standing: total('standing'), emptied: total('emptied'), bought },
    orders: {
      count,
      without_cart: n(311),
      gross_sales: of('gross_sales'),
      discounts: -of('discounts'),
      tax: of('tax'),
      shipping: of('shipping'),
      unexplained: of('unexplained'),
      order_total: of('order_total'),
      refunds: -of('refunds'),
      net: of('net'),
      net_sales: of('gross_sales') + of('discounts') + of('refunds'),
      average_order_value: count === 0 ? null : Math.round((of('gross_sales') + of('discounts')) / count),
    },
    bridge,
    timing: of('joined_carts') - bought,
    difference,
  };
};

export const revenueFixture = (
  head: Partial<HeadFixture> = {},
  currencies: WireRevenue['currencies'] = { EUR: currencyFixture() },
): WireRevenue => ({ ...HEAD, ...head, report: 'revenue', refunds_on: 'refund', currencies, converted: null });
