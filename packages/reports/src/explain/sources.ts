import { defineQuery, type Query } from '@cartledger/clickhouse';
import { z } from 'zod';
import { CARTS, OPENED_IN_PERIOD } from '../carts/predicates.ts';
import { IN_PERIOD } from '../funnel/predicates.ts';
import { DATED_IN_PERIOD, REFUNDS } from '../revenue/predicates.ts';
import type { Part, Source } from './figure.ts';

/** How the rows of a ledger are listed: in order of (sort, id, tie), and what their note is made of. */
type Listing = { from: string; where: string; columns: string };

const REFUND_COLUMNS = `toUnixTimestamp64Milli(refunded_at) AS sort, concat(order_id, ' ', refund_id) AS id, toJSONString([order_id, refund_id]) AS tie, '' AS visitor, true AS stands,
      (toUInt32(0), toUInt32(0), toInt64(0)) AS journey, (toString(refund_kind), toString(flag), '', '') AS words`;

const LISTINGS: Readonly<Record<Source, Listing>> = {
  journeys: {
    from: 'journeys',
    where: IN_PERIOD,
    // A row without a start stands at the beginning of its day, as if days were UTC's; the list shows the local one.
    columns: `if(hit > 0, toUnixTimestamp64Milli(started_at), toInt64(toInt32(day)) * 86400000) AS sort, unit_id AS id, '' AS tie,
      visitor_id AS visitor, (hit > 0) AS stands, (hit, any, arraySum(ms_to_next)) AS journey, ('', '', '', '') AS words`,
  },
  carts: {
    from: CARTS,
    where: OPENED_IN_PERIOD,
    columns: `toUnixTimestamp64Milli(opened_at) AS sort, cart_key AS id, unit_id AS tie, visitor_id AS visitor, true AS stands,
      (toUInt32(0), toUInt32(0), toInt64(0)) AS journey, (state, toString(furthest), toString(reason), toString(abandoned_point)) AS words`,
  },
  orders: {
    from: 'orders',
    where: DATED_IN_PERIOD,
    columns: `toUnixTimestamp64Milli(ordered_at) AS sort, order_id AS id, '' AS tie, visitor_id AS visitor, true AS stands,
      (toUInt32(0), toUInt32(0), toInt64(0)) AS journey, (cart_key, toString(without_cart_reason), toString(channel), '') AS words`,
  },
  refunds: { from: REFUNDS.refund, where: DATED_IN_PERIOD, columns: REFUND_COLUMNS },
  refunds_by_order: { from: REFUNDS.order, where: DATED_IN_PERIOD, columns: REFUND_COLUMNS },
};

const text = z.string();
const count = z.coerce.number();

/** Everything a figure's SQL may ask for by name. */
const PARAMS = {
  store_id: text,
  from: text,
  to: text,
  as_of: count,
  funnel: text,
  newest: count,
  stages: count,
  stage: count,
  by: text,
  value: text,
  listed: z.array(text),
  currency: text,
  point: text,
  reason: text,
  last_page: text,
  last_product: text,
  product: text,
  points: z.array(text),
  stage_name: text,
  line: text,
  after_sort: count,
  after_part: count,
  after_id: text,
  after_tie: text,
  part: count,
  limit: count,
} as const;

const paramsOf = (sql: string): z.ZodObject => {
  const named = new Set([...sql.matchAll(/\{(\w+):/g)].map(([, name]) => name));
  return z.object(Object.fromEntries(Object.entries(PARAMS).filter(([name]) => named.has(name))));
};

const whereOf = ({ source, where, amount, anyDay }: Part): string =>
  `${anyDay ? 'store_id = {store_id:String}' : LISTINGS[source].where} AND ${where}${amount === null ? '' : ` AND (${amount}) != 0`}`;

const listed = z.object({
  sort: count,
  id: text,
  tie: text,
  visitor: text,
  stands: z.coerce.boolean(),
  journey: z.tuple([count, count, count]),
  words: z.tuple([text, text, text, text]),
  on_day: text,
  share: z.coerce.bigint(),
});
export type ListedRow = z.infer<typeof listed>;

/** The rows of a part behind a place, first in order. */
export const listOf = (part: Part): Query<z.ZodObject, typeof listed> => {
  const { from, columns } = LISTINGS[part.source];
  const sql = `
    SELECT ${columns}, toString(day) AS on_day, ${part.amount === null ? '0' : part.amount} AS share
    FROM ${from}
    WHERE ${whereOf(part)}
      AND (sort, toInt64({part:UInt8}), id, tie) > ({after_sort:Int64}, toInt64({after_part:UInt8}), {after_id:String}, {after_tie:String})
    ORDER BY sort, id, tie
    LIMIT {limit:UInt32}`;
  return defineQuery({ name: `explain_${part.source}`, sql, params: paramsOf(sql), row: listed });
};

const totalled = z.object({ rows: count, total: z.coerce.bigint() });

/** How many rows a part has, and the sum of their shares. */
export const totalOf = (part: Part): Query<z.ZodObject, typeof totalled> => {
  const sql = `
    SELECT count() AS rows, sum(${part.amount === null ? '0' : part.amount}) AS total
    FROM ${LISTINGS[part.source].from}
    WHERE ${whereOf(part)}`;
  return defineQuery({ name: `explain_${part.source}_total`, sql, params: paramsOf(sql), row: totalled });
};
