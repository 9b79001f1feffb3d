import type { ClickHouse } from '@cartledger/clickhouse';
import { createCalendar, type ExplainedRow, type Explanation, type ReportHead } from '@cartledger/funnel';
import { ReportError } from '../errors.ts';
import { compareBytes } from '../money.ts';
import type { ReportQuery } from '../query.ts';
import { type Place, readCursor, writeCursor } from './cursor.ts';
import type { Figure, Part } from './figure.ts';
import { noteOf } from './notes.ts';
import { type ListedRow, listOf, totalOf } from './sources.ts';

export const DEFAULT_LIMIT = 100;
export const LARGEST_LIMIT = 1_000;

export type Page = { figure: string; limit?: number | undefined; cursor?: string | undefined };
export type ExplanationBody = Omit<Explanation, keyof ReportHead>;

export const checkLimit = (limit: number = DEFAULT_LIMIT): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_LIMIT) return limit;
  throw new ReportError('bad_limit', 'limit', `limit is ${limit}; give a whole number from 1 to ${LARGEST_LIMIT}`);
};

type Placed = { place: Place; part: Part; row: ListedRow };

const comparePlaces = (a: Place, b: Place): number =>
  a.at - b.at || a.part - b.part || compareBytes(a.id, b.id) || compareBytes(a.tie, b.tie);

/** `cart_id`, `cart_id#n` or `~visitor_id:event_id` of a cart's identity. */
const printedCart = (unit_id: string): string => {
  const unit: unknown = JSON.parse(unit_id);
  if (!Array.isArray(unit)) return unit_id;
  const [a, b, ...rest] = unit;
  if (rest.length > 0) return `~${a}:${b}`;
  return b === 1 ? `${a}` : `${a}#${b}`;
};

export const idOf = (unit: Explanation['unit'], part: Part, id: string): string =>
  unit === 'cart' && part.source === 'journeys' ? printedCart(id) : id;

/** What a figure is made of: all of it counted and summed, and one page of its rows. */
export const readExplanation = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  { report, figure, stages, asOf }: { report: string; figure: Figure; stages: readonly string[]; asOf: number },
  { limit, cursor }: Page,
): Promise<ExplanationBody> => {
  const size = checkLimit(limit);
  const of = `${report} ${figure.of}`;
  const after = readCursor(cursor, of, query);
  const { store_id, from, to, definition } = query;
  const params = { ...figure.params, store_id, from, to, as_of: asOf };
  const calendar = createCalendar(definition.time_zone);

  const [totals, lists] = await Promise.all([
    Promise.all(figure.parts.map(async (part) => (await clickhouse.query(totalOf(part), params))[0])),
    Promise.all(
      figure.parts.map(async (part, number): Promise<Placed[]> => {
        const rows = await clickhouse.query(listOf(part), {
          ...params,
          part: number,
          after_sort: after.at,
          after_part: after.part,
          after_id: after.id,
          after_tie: after.tie,
          limit: size + 1,
        });
        return rows.map((row) => ({ part, row, place: { at: row.sort, part: number, id: row.id, tie: row.tie } }));
      }),
    ),
  ]);
  const found = lists.flat().sort((a, b) => comparePlaces(a.place, b.place));
  const page = found.slice(0, size);
  const last = page.at(-1);
  const { currency } = figure;
  const at = (row: ListedRow): number => (row.stands ? row.sort : calendar.dayStart(row.on_day));
  return {
    report: 'explanation',
    of,
    unit: figure.unit,
    count: totals.reduce((sum, total) => sum + (total?.rows ?? 0), 0),
    amount:
      currency === null ? null : { currency, amount: totals.reduce((sum, total) => sum + (total?.total ?? 0n), 0n) },
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
