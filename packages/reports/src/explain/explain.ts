import type { ClickHouse } from '@cartledger/clickhouse';
import { createCalendar, type ExplainedRow, type Explanation, type ReportHead } from '@cartledger/funnel';
import { ReportError } from '../errors.ts';
import { compareBytes } from '../money.ts';
import type { ReportQuery } from '../query.ts';
import { type Place, readCursor, writeCursor } from './cursor.ts';
import type { Figure, Part } from './figure.ts';
import { noteOf } from './notes.ts';
import { type ListedRow, listOf, totalOf } from './sources.ts';

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 1_000;

export type Page = { figure: string; limit?: number | undefined; cursor?: string | undefined };
export type ExplanationBody = Omit<Explanation, keyof ReportHead>;

const checkLimit = (limit: number = DEFAULT_LIMIT): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new ReportError('bad_limit', 'limit', `limit is ${limit}; give a whole number from 1 to ${LARGEST_LIMIT}`);
};

export type Placed = { place: Place; part: Part; row: ListedRow };

export const comparePlaces = (a: Place, b: Place): number =>
  a.at - b.at || a.part - b.part || compareBytes(a.id, b.id) || compareBytes(a.tie, b.tie);

/** `cart_id`, `cart_id#n` or `~visitor_id:event_id` of a cart's identity. */
const printedCart = (unit_id: string): string => {
  const unit: unknown = JSON.parse(unit_id);
  if (!Array.isArray(unit)) return unit_id;
  const [a, b, ...rest] = unit;
  if (rest.length > 0) return `~${a}:${b}`;
  return b === 1 ? `${a}` : `${a}#${b}`;
};

const idOf = (unit: Explanation['unit'], part: Part, id: string): string =>
  unit === 'cart' && part.source === 'journeys' ? printedCart(id) : id;

/** All rows of a figure counted and summed, and the first of those behind a place, at least `size` if there are as many. */
export type Found = { count: number; total: bigint; rows: Placed[] };

export const findRows = async (
  clickhouse: ClickHouse,
  { parts, params: asked }: Figure,
  params: { store_id: string; from: string; to: string; as_of: number },
  after: Place,
  size: number,
): Promise<Found> => {
  const all = { ...asked, ...params };
  const found = await Promise.all(
    parts.map(async (part, number) => {
      const [[total], rows] = await Promise.all([
        clickhouse.query(totalOf(part), all),
        clickhouse.query(listOf(part), {
          ...all,
          part: number,
          after_sort: after.at,
          after_part: after.part,
          after_id: after.id,
          after_tie: after.tie,
          limit: size,
        }),
      ]);
      const placed = rows.map((row) => ({
        part,
        row,
        place: { at: row.sort, part: number, id: row.id, tie: row.tie },
      }));
      return { total, placed };
    }),
  );
  return {
    count: found.reduce((sum, { total }) => sum + (total?.rows ?? 0), 0),
    total: found.reduce((sum, { total }) => sum + (total?.total ?? 0n), 0n),
    rows: found.flatMap(({ placed }) => placed),
  };
};

/** One page of what a figure is made of. */
export const explanationOf = async (
  query: ReportQuery,
  { report, figure, stages }: { report: string; figure: Figure; stages: readonly string[] },
  { limit, cursor }: Page,
  find: (after: Place, size: number) => Promise<Found>,
): Promise<ExplanationBody> => {
  const size = checkLimit(limit);
  const of = `${report} ${figure.of}`;
  const { count, total, rows } = await find(readCursor(cursor, of, query), size + 1);
  const calendar = createCalendar(query.definition.time_zone);
  const found = rows.sort((a, b) => comparePlaces(a.place, b.place));
  const page = found.slice(0, size);
  const last = page.at(-1);
  const { currency } = figure;
  const at = (row: ListedRow): number => (row.stands ? row.sort : calendar.dayStart(row.on_day));
  return {
    report: 'explanation',
    of,
    unit: figure.unit,
    count,
    amount: currency === null ? null : { currency, amount: total },
    rows: page.map(
      ({ part, row }): ExplainedRow => ({
        id: idOf(figure.unit, part, row.id),
        visitor_id: row.visitor,
        at: new Date(at(row)).toISOString(),
        day: row.on_day,
        amount: part.amount === null ? null : row.share,
        note: noteOf(part.source, row, stages),
      }),
    ),
    next_cursor: found.length > size && last ? writeCursor(of, query, last.place) : null,
  };
};
