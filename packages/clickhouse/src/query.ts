import type { z } from 'zod';

/** A query is one value: its SQL with `{name:Type}` placeholders, and what its parameters and rows must look like. */
export type Query<P extends z.ZodObject = z.ZodObject, R extends z.ZodType = z.ZodType> = {
  /** Stands for the query in logs, metrics and errors. */
  name: string;
  /** Without FORMAT and without a database name. */
  sql: string;
  params: P;
  row: R;
};

/** `{name:Type}` or `{name: Type}`. */
const PLACEHOLDER = /\{\s*([A-Za-z_]\w*)\s*:/g;

/** Checks, once at start, that SQL and schema speak of the same parameters. */
export const defineQuery = <P extends z.ZodObject, R extends z.ZodType>(query: Query<P, R>): Query<P, R> => {
  const used = new Set([...query.sql.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''));
  const declared = new Set(Object.keys(query.params.shape));
  const missing = [...used.difference(declared)];
  const unused = [...declared.difference(used)];
  if (missing.length > 0 || unused.length > 0) {
    throw new TypeError(
      `query ${query.name}: parameters of the SQL and of the schema differ ` +
        `(only in the SQL: ${missing.join(', ') || 'none'}; only in the schema: ${unused.join(', ') || 'none'})`,
    );
  }
  return query;
};
