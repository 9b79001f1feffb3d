import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ReportError } from '../errors.ts';
import type { ReportQuery } from '../query.ts';
import { versionsOf } from '../versions.ts';

/** Where a page ended: rows go by time, part, id and what tells apart equal ids. */
export type Place = { at: number; part: number; id: string; tie: string };

export const BEFORE_ALL: Place = { at: Number.MIN_SAFE_INTEGER, part: 0, id: '', tie: '' };

const token = z
  .tuple([z.string(), z.int().nullable(), z.int(), z.int().min(0).max(9), z.string(), z.string()])
  .transform(([seal, asOf, at, part, id, tie]) => ({ seal, asOf, place: { at, part, id, tie } }));

/** What a cursor belongs to: another figure's, or another query's, leads nowhere. */
const sealOf = (of: string, query: ReportQuery): string => {
  const { definition: _, versions: __, ...asked } = query;
  const versions = versionsOf(query).map(({ from, definition }) => [from, definition.version]);
  const text = JSON.stringify([of, Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)), versions]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
};

/** `query` with the T that the page stands at. */
export const writeCursor = (of: string, query: ReportQuery, { at, part, id, tie }: Place): string =>
  Buffer.from(JSON.stringify([sealOf(of, query), query.as_of ?? null, at, part, id, tie])).toString('base64url');

const read = (cursor: string): z.infer<typeof token> | null => {
  try {
    return token.safeParse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))).data ?? null;
  } catch {
    // Said as one with all other wrong cursors.
    return null;
  }
};

/** Throws ReportError `bad_cursor` for what is no cursor of this figure and query. */
export const readCursor = (cursor: string | undefined, of: string, query: ReportQuery): Place => {
  if (cursor === undefined) return BEFORE_ALL;
  const found = read(cursor);
  if (found?.seal === sealOf(of, query)) return found.place;
  throw new ReportError(
    'bad_cursor',
    'cursor',
    'cursor belongs to no page of this figure and query; pass next_cursor as it was answered, or leave it out',
  );
};

/**
 * Asks for a page at the T of the first one, which the cursor carries: what time alone moves, moves on no later page.
 * Throws ReportError `bad_cursor` when events of a later time are in the ledgers: then no report stands at that T any more.
 */
export const atCursor = async <T>(
  asked: ReportQuery,
  cursor: string | undefined,
  page: (query: ReportQuery) => Promise<T>,
): Promise<T> => {
  const as_of = asked.as_of ?? (cursor === undefined ? null : (read(cursor)?.asOf ?? null));
  if (cursor === undefined || as_of === null) return page(asked);
  try {
    return await page({ ...asked, as_of });
  } catch (error) {
    if (!(error instanceof ReportError) || error.code !== 'bad_as_of') throw error;
    throw new ReportError(
      'bad_cursor',
      'cursor',
      `cursor is of a list as of ${new Date(as_of).toISOString()}, and events after that have been taken in; ` +
        'begin again without cursor, with a larger limit (up to 1000) if that happens often',
    );
  }
};
