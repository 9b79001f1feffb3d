import { stringifyExact } from '@cartledger/funnel';
import type { z } from '@hono/zod-openapi';
import type { Context, TypedResponse } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { JSONParsed } from 'hono/utils/types';

/** What a schema of JSON lets stand in memory: an integer may be a bigint. */
type Exact<T> = T extends number
  ? number | bigint
  : T extends readonly (infer Item)[]
    ? readonly Exact<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Exact<T[K]> }
      : T;

/**
 * A JSON answer in which bigints are plain integers, kept by nobody on the way. Its value must have the shape of
 * the documented schema, so the document cannot fall behind the types.
 */
export const answer = <S extends z.ZodType, C extends ContentfulStatusCode>(
  c: Context,
  _schema: S,
  status: C,
  value: Exact<z.output<S>>,
): TypedResponse<JSONParsed<z.output<S>>, C, 'json'> => {
  const response: unknown = c.body(stringifyExact(value), status, {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
  });
  // Hono knows the type of answers made by c.json only, and JSON.stringify refuses bigints.
  return response as TypedResponse<JSONParsed<z.output<S>>, C, 'json'>;
};
