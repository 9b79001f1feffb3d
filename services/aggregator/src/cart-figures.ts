/** What the reports of carts count and sum of one day: the carts it opened, by their state at T. */
import { bigInteger, integer } from '@cartledger/clickhouse';
import { POINTS } from '@cartledger/funnel';
import { z } from 'zod';
import { ofStore } from './day-places.ts';

export const cartRow = z.object({
  store_id: z.string(),
  day: z.string(),
  version: bigInteger,
  excluded: integer,
  activity: integer,
  ordering: integer,
  settling: integer,
  state: z.enum(['active', 'idle', 'abandoned', 'lost', 'emptied', 'purchased', 'recovered']),
  late: z.coerce.boolean(),
  revived: z.coerce.boolean(),
  checkout: z.coerce.boolean(),
  contactable: z.coerce.boolean(),
  furthest: z.enum(['', ...POINTS]),
  abandoned_point: z.enum(['', ...POINTS]),
  reason: z.string(),
  /** '' counts carts; else of those with a value in it. */
  currency: z.string(),
  carts: bigInteger,
  value: bigInteger,
  peak: bigInteger,
});
type CartRow = z.output<typeof cartRow>;

const ALIKE =
  'store_id, day, version, excluded, activity, ordering, settling, state, late, revived, checkout, contactable, furthest, abandoned_point, reason';

/** The state rule of carts_at, over cells. */
export const cartSql = (source: string): string => `
  SELECT ${ALIKE}, entry.1 AS currency, sum(entry.2) AS carts, sum(entry.3) AS value, sum(entry.4) AS peak
  FROM (
    SELECT store_id, day, version, excluded, activity, ordering, settling, outcome = 'recovered_late' AS late, was_revived AS revived,
      checkout, contactable, furthest, abandoned_point, reason,
      ${ofStore('as_of')} - toUnixTimestamp64Milli(active_at) AS inactive_ms,
      multiIf(
        outcome = 'purchased', 'purchased',
        outcome != '', 'recovered',
        NOT holds, 'emptied',
        inactive_ms < idle, 'active',
        inactive_ms < abandon, 'idle',
        inactive_ms < abandon + recovery, 'abandoned',
        'lost') AS state,
      arrayJoin(arrayConcat([('', carts, toInt128(0), toInt128(0))], arrayMap(a -> (toString(a.1), a.2, a.3, a.4), amounts))) AS entry
    FROM (
      SELECT store_id, day, version, excluded, toUnixTimestamp64Milli(last_activity_at) AS activity,
        toUnixTimestamp64Milli(last_ordered_at) AS ordering, toUnixTimestamp64Milli(settles_at) AS settling,
        cells.outcome AS o, cells.holds_items AS h, cells.revived AS r, cells.idle_ms AS i, cells.abandon_ms AS a,
        cells.recovery_ms AS w, cells.last_activity_at AS l, cells.has_checkout AS x, cells.contactable AS n,
        cells.furthest AS f, cells.abandoned_point AS p, cells.reason AS e, cells.carts AS c, cells.amounts AS m
      FROM ${source}
    )
    LEFT ARRAY JOIN o AS outcome, h AS holds, r AS was_revived, i AS idle, a AS abandon, w AS recovery, l AS active_at,
      x AS checkout, n AS contactable, f AS furthest, p AS abandoned_point, e AS reason, c AS carts, m AS amounts
  )
  GROUP BY ${ALIKE}, currency`;

const STANDING = {
  active: 'standing',
  idle: 'standing',
  abandoned: 'left',
  lost: 'left',
  emptied: 'emptied',
  purchased: 'bought',
  recovered: 'bought',
} as const;

const STAGES = [...POINTS, 'purchase'] as const;

/** The figures that carts of a cell are counted in. */
const countedIn = (row: CartRow): string[] => {
  const counts = ['created', row.state];
  const isLeft = STANDING[row.state] === 'left';
  return [
    ...counts.map((name) => `carts.${name}`),
    ...(row.late ? ['carts.recovered_late'] : []),
    ...(row.revived ? ['carts.revived'] : []),
    ...(row.checkout ? counts.map((name) => `checkout.${name}`) : []),
    ...(isLeft ? [`points.${row.furthest}.carts`, `reasons.${row.reason}.carts`] : []),
    ...(isLeft && row.contactable ? ['contactable.carts'] : []),
  ].map((figure) => `abandonment ${figure}`);
};

/** The stages that a cart of the cell has reached: all of them when it is bought. */
const reachedBy = ({ furthest, state }: CartRow): readonly string[] =>
  STANDING[state] === 'bought' ? STAGES : furthest === '' ? [] : STAGES.slice(0, STAGES.indexOf(furthest) + 1);

/** The figures that values of a cell are summed in. */
const summedIn = (row: CartRow): string[] => {
  const { currency, furthest, abandoned_point, state } = row;
  const standing = STANDING[state];
  const ofStages = [
    ...reachedBy(row).map((stage) => `${stage}.reached`),
    ...(standing === 'bought' ? [] : [`${furthest}.${standing}`]),
    ...(state === 'recovered' && abandoned_point !== '' ? [`${abandoned_point}.recovered`] : []),
  ];
  const left = [
    `points.${furthest}.value`,
    `reasons.${row.reason}.value`,
    ...(row.contactable ? ['contactable.value'] : []),
  ];
  return [
    ...['carts.value', `carts.${standing}`, ...ofStages.map((figure) => `stages.${figure}`)].map(
      (figure) => `revenue ${currency} ${figure}`,
    ),
    ...(standing === 'left' ? left.map((figure) => `abandonment ${currency} ${figure}`) : []),
  ];
};

/** Adds the carts of a cell to a day's figures, by path. */
export const addCarts = (values: Map<string, bigint>, row: CartRow): void => {
  const add = (path: string, amount: bigint): void => void values.set(path, (values.get(path) ?? 0n) + amount);
  // A day without carts has one row of none.
  if (row.currency === '') {
    if (row.carts > 0n) for (const figure of countedIn(row)) add(figure, row.carts);
    return;
  }
  add(`abandonment ${row.currency} peak_value`, row.peak);
  add(`abandonment ${row.currency} removed`, row.peak - row.value);
  // Of a currency that a cart has only a peak in, there is no value.
  if (row.carts === 0n) return;
  for (const figure of summedIn(row)) add(figure, row.value);
  for (const stage of reachedBy(row)) add(`revenue ${row.currency} stages.${stage}.carts`, row.carts);
};
