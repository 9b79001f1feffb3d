import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ReportError } from '../errors.ts';
import type { ReportQuery } from '../query.ts';
import { versionsOf } from '../versions.ts';

/** Where a page ended: rows go by time, part, id and what tells apart equal ids. */
export type Place = { at: number; part: number; id: string; tie: string };

export const BEFORE_ALL: Place = { at: Number.MIN_SAFE_INTEGER, part: 0, id: '', tie: '' };

const token = z.tuple([z.string(), z.int(), z.int().min(0).max(9), z.string(), z.string()]);

/** What a cursor belongs to: another figure's, or another query's, leads nowhere. */
const sealOf = (of: string, query: ReportQuery): string => {
  const { definition: _, versions: __, pending: ___, ...asked } = query;
  const versions = versionsOf(query).map(({ from, definition }) => [from, definition.version]);
  const text = JSON.stringify([of, Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)), versions]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
};

export const writeCursor = (of: string, query: ReportQuery, { at, part, id, tie }: Place): string =>
  Buffer.from(JSON.stringify([sealOf(of, query), at, part, id, tie])).toString('base64url');

/** Throws ReportError `bad_cursor` for what is no cursor of this figure and query. */
export const readCursor = (cursor: string | undefined, of: string, query: ReportQuery): Place => {
  if (cursor === undefined) return BEFORE_ALL;
  const parsed = token.safeParse(jsonOf(cursor));
  if (!parsed.success || parsed.data[0] !== sealOf(of, query))
    throw new ReportError(
      'bad_cursor',
      'cursor',
      'cursor belongs to no page of this figure and query; pass next_cursor as it was answered, or leave it out',
    );
  const [, at, part, id, tie] = parsed.data;
  return { at, part, id, tie };
};

const jsonOf = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // Said as one with all other wrong cursors.
    return null;
  }
};
