import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';
import { CART_CELLS } from '../days/of-ledger.ts';
import { defineDaysQuery } from '../days/query.ts';
import {
  BOUGHT,
  CART_FIGURES,
  type CartFigure,
  cartParams,
  EMPTIED,
  LEFT,
  RECOVERED,
  STANDING,
  STATE,
} from './predicates.ts';

const STANDINGS = { left: LEFT, standing: STANDING, emptied: EMPTIED, bought: BOUGHT } as const;

/** What is asked of a cell in words of SQL that explanations use too. */
const ASKED = { ...CART_FIGURES, ...STANDINGS, was_recovered: RECOVERED };
type AskedOf = CartFigure | keyof typeof STANDINGS | 'was_recovered';

const flagNames = Object.keys(ASKED).map((name) => `is_${name}`);
const flags = Object.entries(ASKED)
  .map(([name, sql]) => `(${sql}) AS is_${name}`)
  .join(', ');

const flag = z.coerce.boolean();

/** The day, while the recovery windows of its carts that are not ordered are not all over at T. */
const UNSETTLED = 'if(toUnixTimestamp64Milli(settles_at) > {as_of:Int64}, day, NULL)';

/**
 * One row: carts opened in the period that are alike in all that the reports tell apart. In the rows of currency '' all
 * of them are counted; in those of a currency the ones with a value in it, with the sum of their values and peaks.
 * `unsettled_day`: the first of their days that is not settled at T.
 */
export const cartCells = defineDaysQuery(
  {
    name: 'cart_cells',
    rollup: 'cart',
    columns: `day, settles_at, ${CART_CELLS.map((name) => `\`${name}\``).join(', ')}`,
  },
  (days) => `
    SELECT has_checkout, furthest, abandoned_point, reason, contactable, ${flags}, currency, carts, sum_of_values AS value, peak, unsettled_day
    FROM (
      SELECT has_checkout, furthest, abandoned_point, reason, contactable, outcome, revived, state,
        money.1 AS currency, sum(money.2) AS carts, sum(money.3) AS sum_of_values, sum(money.4) AS peak, toString(minOrNull(unsettled)) AS unsettled_day
      FROM (
        SELECT has_checkout, furthest, abandoned_point, reason, contactable, outcome, revived, ${STATE} AS state,
          ${UNSETTLED} AS unsettled,
          arrayJoin(arrayConcat([('', carts, toInt128(0), toInt128(0))],
            arrayMap(a -> (toString(a.1), a.2, a.3, a.4), amounts))) AS money
        FROM ${days}
        ARRAY JOIN ${CART_CELLS.map((name) => `\`${name}\` AS ${name.slice('cells.'.length)}`).join(', ')}
      )
      GROUP BY has_checkout, furthest, abandoned_point, reason, contactable, outcome, revived, state, currency
    )`,
  cartParams,
  z.object({
    has_checkout: flag,
    furthest: z.enum(POINTS),
    abandoned_point: z.enum(['', ...POINTS]),
    reason: z.string(),
    contactable: flag,
    currency: z.string(),
    carts: z.coerce.number(),
    value: z.coerce.bigint(),
    peak: z.coerce.bigint(),
    unsettled_day: z.string().nullable(),
    ...(Object.fromEntries(flagNames.map((name) => [name, flag])) as Record<`is_${AskedOf}`, typeof flag>),
  }),
);
export type CartCell = z.output<typeof cartCells.clean.row>;

/** Of carts not ordered, the first day whose recovery windows are not all over at T. */
export const firstUnsettledDay = defineDaysQuery(
  { name: 'first_unsettled_cart_day', rollup: 'cart', columns: 'day, settles_at' },
  (days) => `SELECT toString(minOrNull(${UNSETTLED})) AS first_day FROM ${days}`,
  cartParams,
  z.object({ first_day: z.string().nullable() }),
);
