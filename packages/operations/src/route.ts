import { z } from 'zod';

/** Where ingest serves the routes. */
export const INGEST_BASE = '/api/v1/ingest';

/** What a route is asked and what it answers; schemas carry the words of the OpenAPI document. */
export type Route<
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> = {
  method: 'GET' | 'POST';
  /** Below INGEST_BASE. */
  path: string;
  /** For people, in a line. */
  summary: string;
  description?: string;
  query: Q;
  body: B;
  status: 200 | 201 | 202;
  /** Of one line, where `isStream`. */
  answer: A;
  /** Lines of JSON (NDJSON) instead of one document. */
  isStream?: true;
  /** Refusals that are its own; every route has those of a wrong request, a wrong token and a store that is away. */
  refusals?: { 404?: string; 409?: string };
};

export const NO_QUERY = z.strictObject({});
/** None is read. */
export const NO_BODY = z.undefined();

/** Keeps the types of a route's schemas. */
export const defineRoute = <Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
  route: Route<Q, B, A>,
): Route<Q, B, A> => route;

/** What a query may be asked with: numbers are written out, what is undefined is left out. */
export type Query<Q extends z.ZodObject> = { [K in keyof z.input<Q>]?: string | number | undefined };

/** A route's path below INGEST_BASE, with its query. */
export const pathOf = <Q extends z.ZodObject>({ path }: Pick<Route<Q>, 'path' | 'query'>, query: Query<Q>): string => {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
};
