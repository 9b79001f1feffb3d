import { ClickHouseError, type Query } from '@cartledger/clickhouse';
import type { z } from 'zod';
import type { Readable } from './server.ts';

/** How the model answers one query of the product: found by the query's text, for names may be shared. */
export type Answer = {
  name: string;
  sql: string;
  /** Throws `bad_parameters`, as the client does before it asks. What is returned answers by what has landed by then. */
  prepare(params: unknown): (from: Readable) => readonly unknown[];
};

/** `rows`: what the server's JSON holds, 64 bits and wider as text. */
export const answer = <P extends z.ZodObject, R extends z.ZodType>(
  query: Query<P, R>,
  rows: (from: Readable, params: z.output<P>) => readonly z.input<R>[],
): Answer => answerLoosely(query, rows);

/** Of rows with words of closed lists, which only the query's schema can tell. */
export const answerLoosely = <P extends z.ZodObject>(
  query: Query<P>,
  rows: (from: Readable, params: z.output<P>) => readonly unknown[],
): Answer => ({
  name: query.name,
  sql: query.sql,
  prepare: (params) => {
    const parsed = query.params.safeParse(params);
    if (!parsed.success) throw badShape('bad_parameters', query.name, 'was given parameters', parsed.error);
    return (from) => rows(from, parsed.data);
  },
});

const badShape = (code: string, name: string, what: string, { issues }: z.ZodError): ClickHouseError => {
  const fields = issues.map((issue) => `${issue.path.join('.') || 'value'} (${issue.code})`).join(', ');
  return new ClickHouseError(code, `query ${name} ${what} of another shape: ${fields}`);
};

/** A row as the query says it is, or `bad_row`. */
export const parseRow = <P extends z.ZodObject, R extends z.ZodType>(query: Query<P, R>, row: unknown): z.output<R> => {
  const parsed = query.row.safeParse(row);
  if (parsed.success) return parsed.data;
  throw badShape('bad_row', query.name, 'answered a row', parsed.error);
};
