/** What can be asked of the routes that read numbers, as it stands in an address. */
import { parseDuration } from '@cartledger/control';
import { parseTime } from '@cartledger/events';
import { BREAKDOWNS, type Breakdown, FUNNEL_MODES, FUNNEL_UNITS, REFUNDS_ON } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';

export const day = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'no day, give it as YYYY-MM-DD')
    .optional()
    .openapi({ description, format: 'date', example: '2026-11-22' });

const time = z.string().transform((text, context): number => {
  const ms = parseTime(/^\d+$/.test(text) ? Number(text) : text);
  if (ms !== null) return ms;
  context.addIssue({
    code: 'custom',
    message: 'no time, give RFC 3339 with an offset (percent-encode its +) or epoch ms',
  });
  return z.NEVER;
});

const whole = (description: string) =>
  z
    .string()
    .regex(/^\d{1,13}$/, 'no whole number')
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', description });

const duration = z.string().transform((text, context): number => {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  context.addIssue({
    code: 'custom',
    message: 'no time span, give it with its unit: 5d, 12h, 30m (milliseconds go in window_ms)',
  });
  return z.NEVER;
});

const isBreakdown = (text: string): text is Breakdown =>
  BREAKDOWNS.some((known) => known === text) || /^property:./s.test(text);

export const periodQuery = z.strictObject({
  from: day('First local day; default: 29 days before `to`'),
  to: day('Last local day; default: today in the zone of the store'),
  as_of: time.optional().openapi({
    type: 'string',
    description: 'State at this time (RFC 3339 or epoch ms); default: how far the log has been taken in',
  }),
});

export const revenueQuery = periodQuery.extend({
  refunds_on: z
    .enum(REFUNDS_ON, `not one of ${REFUNDS_ON.join(', ')}`)
    .optional()
    .openapi({
      description:
        'The day a refund counts on: `refund`, its own (default), or `order`, that of its order; of an order that is not known always its own',
    }),
});

/** Of what has a funnel: carts keep the version of the day they were opened. */
export const pipelineQuery = periodQuery.extend({
  definition_version: whole(
    'Count the funnel of the whole period by this version of the definition; default: each unit by the one in force when it began',
  ),
});

export const funnelQuery = pipelineQuery.extend({
  unit: z
    .enum(FUNNEL_UNITS, `not one of ${FUNNEL_UNITS.join(', ')}`)
    .optional()
    .openapi({ description: 'What is counted; default: as in the store’s first funnel' }),
  mode: z
    .enum(FUNNEL_MODES, `not one of ${FUNNEL_MODES.join(', ')}`)
    .optional()
    .openapi({ description: 'How the stages must follow each other; default: as in the store’s first funnel' }),
  window: duration.optional().openapi({
    type: 'string',
    description:
      'How long after the start a stage still counts: `7d`, `12h`, `30m` (in ms: window_ms). A funnel the store does not keep is computed from its events',
    example: '7d',
  }),
  window_ms: whole('The same in ms'),
  breakdown: z
    .string()
    .refine(isBreakdown, `not one of ${BREAKDOWNS.join(', ')} or property:NAME`)
    .optional()
    .openapi({
      description: `One of ${BREAKDOWNS.join(', ')}, or property:NAME with a property that the definition lists`,
      example: 'device',
    }),
  breakdown_values: whole('How many values are listed before the rest is `other`: 1 to 100; default 10'),
});
export type AnyQuery = z.output<typeof funnelQuery> & z.output<typeof revenueQuery>;

/** Pages of an explanation. */
export const pageQuery = {
  figure: z
    .string()
    .min(1, 'missing')
    .openapi({ description: 'The figure: `stage=checkout`, `figure=abandoned`, `currency=EUR,line=discounts`' }),
  limit: whole('Rows on a page; default 100'),
  cursor: z.string().optional().openapi({ description: 'The `next_cursor` of the page before' }),
};
