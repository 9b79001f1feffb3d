import { z } from '@hono/zod-openapi';
import { count, durationMs, head, list, money, part, rate, words } from './parts.ts';

const cartsOf = (description: string) => part(description, { carts: count('Carts'), value: money('Their value') });

export const pipelineReport = z
  .object({
    report: z.literal('pipeline').openapi({ description: 'Which report this is' }),
    ...head,
    leads: count('Visitors with an event of any stage of the default funnel in the period, each once'),
    orders: count('Orders dated in the period, without tests'),
    orders_per_lead: rate('Orders / leads'),
    stages: list(
      'Stages of the default funnel against their targets',
      part('One stage', {
        stage: words('The stage'),
        conversion_from_first: rate('Units / those of the first stage'),
        target: z.number().nullable().openapi({ description: 'The definition’s target; null when it has none' }),
        difference: z.number().nullable().openapi({ description: 'Conversion - target; null when either is' }),
      }),
    ),
    sales_cycle: part('From the visitor’s first event after his previous order to the order', {
      orders: count('Orders of the period that have one'),
      median_ms: durationMs('Median'),
      p90_ms: durationMs('Nine of ten were within'),
    }),
    average_order_value: z
      .record(z.string(), z.int().nullable())
      .openapi({ description: '(Items - discounts) / orders by currency, minor units', example: { EUR: 4210 } }),
    standing: cartsOf('Carts opened in the period that are active or idle now'),
    won: cartsOf('Carts opened in the period that were ordered'),
    lost: part('Carts opened in the period that are lost now', {
      carts: count('Carts'),
      value: money('Their value'),
      reasons: list(
        'Why',
        part('One reason', {
          code: words('Code of the last friction, `none` when there was none'),
          carts: count('Carts'),
          value: money('Their value'),
        }),
      ),
    }),
    stale: cartsOf('Carts opened in the period that are abandoned, not lost yet'),
    new_buyers: count('Orders of the period whose customer (else visitor) had none before'),
    bottleneck: part(
      'The stage that costs most units against its own mean of 28 days; null when none is below it, or no day is closed yet',
      {
        stage: words('The stage'),
        units: count('Units at the stage before it, on the days that are closed; at least 100'),
        conversion: z
          .number()
          .openapi({ description: 'From the stage before, on the days of the period that are closed' }),
        mean_conversion: z.number().openapi({ description: 'From the stage before, mean of the 28 days before' }),
        units_missing: z.number().openapi({ description: '(Mean - conversion) x units' }),
      },
    ).nullable(),
  })
  .openapi('PipelineReport', { description: 'What a sales team steers by' });
