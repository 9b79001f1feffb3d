import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import {
  CART_FIGURE_NAMES,
  CART_FIGURES,
  CARTS,
  type CartFigure,
  cartParams,
  EVER_ABANDONED,
  FIRST_ABANDONED_MS,
  OPENED_IN_PERIOD,
  RECOVERED,
} from './predicates.ts';

const count = z.coerce.number();
const figures = CART_FIGURE_NAMES.map((name) => `countIf(${CART_FIGURES[name]}) AS ${name}`).join(', ');

/** One row with checkout events and one without, as far as there are carts. */
export const cartCounts = defineQuery({
  name: 'cart_counts',
  sql: `
    SELECT has_checkout, ${figures}
    FROM ${CARTS}
    WHERE ${OPENED_IN_PERIOD}
    GROUP BY has_checkout`,
  params: cartParams,
  row: z.object({
    has_checkout: z.boolean(),
    ...(Object.fromEntries(CART_FIGURE_NAMES.map((name) => [name, count])) as Record<CartFigure, typeof count>),
  }),
});

/** Quantile p of n is the sorted value at position ceil(p n): intDiv(n + 1, 2) and intDiv(9 n + 9, 10); NULL of none. */
const quantiles = (name: string, ms: string, where: string): string => `
  arraySort(groupArrayIf(${ms}, ${where})) AS ${name},
  if(empty(${name}), NULL, ${name}[intDiv(length(${name}) + 1, 2)]) AS ${name}_median,
  if(empty(${name}), NULL, ${name}[intDiv(9 * length(${name}) + 9, 10)]) AS ${name}_p90`;

const ms = z.coerce.number().nullable();

/** Opening to first abandonment of carts ever abandoned; last abandonment to order of recovered ones. */
export const cartTimes = defineQuery({
  name: 'cart_times',
  sql: `
    SELECT abandonment_median, abandonment_p90, recovery_median, recovery_p90 FROM (
      SELECT ${quantiles('abandonment', `${FIRST_ABANDONED_MS} - toUnixTimestamp64Milli(opened_at)`, EVER_ABANDONED)},
        ${quantiles('recovery', "dateDiff('millisecond', last_abandoned_at, ordered_at)", RECOVERED)}
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )`,
  params: cartParams,
  row: z.object({ abandonment_median: ms, abandonment_p90: ms, recovery_median: ms, recovery_p90: ms }),
});
