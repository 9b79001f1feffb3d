import { BRIDGE_LINES, FUNNEL_MODES, FUNNEL_UNITS, POINTS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';

const count = z.int();
const minor = z.int().openapi({ description: 'Minor units; may pass 2^53' });
const rate = z.number().nullable().openapi({ description: 'Six decimals; null where nothing is divided by' });
const money = z
  .record(z.string(), minor)
  .openapi('Money', { description: 'Minor units by currency', example: { EUR: 1999 } });
const day = z.string().openapi({ format: 'date', example: '2026-11-22' });
const durationMs = count.nullable().openapi({ description: 'In ms; null when nobody made it' });

const head = {
  store_id: z.string(),
  from: day,
  to: day,
  timezone: z.string(),
  as_of: z.iso.datetime().openapi({ description: 'The log has been taken in up to here' }),
  open_from: day
    .nullable()
    .openapi({ description: 'The first day whose figures may still move; null when all are closed' }),
  definition_versions: z.array(count),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
};

export const funnelReport = z
  .object({
    report: z.literal('funnel'),
    ...head,
    unit: z.enum(FUNNEL_UNITS),
    mode: z.enum(FUNNEL_MODES),
    window_ms: count,
    stages: z.array(
      z.object({
        stage: z.string(),
        units: count,
        units_any: count,
        conversion_from_first: rate,
        conversion_from_previous: rate,
        dropped: count,
        median_ms_to_next: durationMs,
        p90_ms_to_next: durationMs,
      }),
    ),
  })
  .openapi('FunnelReport');

const rates = { abandonment_rate: rate, recovery_rate: rate, not_bought_rate: rate };

export const abandonmentReport = z
  .object({
    report: z.literal('abandonment'),
    ...head,
    carts: z.object({
      created: count,
      active: count,
      idle: count,
      abandoned: count,
      lost: count,
      emptied: count,
      purchased: count,
      recovered: count,
      recovered_late: count,
      revived: count,
    }),
    ...rates,
    checkout: z.object(rates),
    points: z.array(z.object({ stage: z.enum(POINTS), carts: count, value: money })),
    reasons: z.array(z.object({ code: z.string(), carts: count, value: money })),
    products: z.array(
      z.object({
        product_id: z.string(),
        name: z.string().nullable(),
        carts: count,
        left: count,
        bought: count,
        value_left: money,
      }),
    ),
  })
  .openapi('AbandonmentReport');

const currencyRevenue = z
  .object({
    stages: z.array(
      z.object({
        stage: z.enum([...POINTS, 'purchase']),
        carts: count,
        reached: minor,
        left: minor,
        standing: minor,
        emptied: minor,
        recovered: minor,
      }),
    ),
    carts: z.object({ value: minor, left: minor, standing: minor, emptied: minor, bought: minor }),
    orders: z.object({
      count,
      without_cart: count,
      gross_sales: minor,
      discounts: minor,
      tax: minor,
      shipping: minor,
      unexplained: minor,
      order_total: minor,
      refunds: minor,
      net: minor,
      net_sales: minor,
      average_order_value: minor.nullable(),
    }),
    bridge: z.array(z.object({ line: z.enum(BRIDGE_LINES), amount: minor })),
    timing: minor,
    difference: minor,
  })
  .openapi('CurrencyRevenue');

export const revenueReport = z
  .object({ report: z.literal('revenue'), ...head, currencies: z.record(z.string(), currencyRevenue) })
  .openapi('RevenueReport');
