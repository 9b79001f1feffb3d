import { NO_BODY, type Route } from '@cartledger/operations';
import type { Hono } from 'hono';
import type { z } from 'zod';
import type { AdminEnv } from './caller.ts';
import { bodyOf, queryOf } from './request.ts';

type Asked<Q extends z.ZodObject, B extends z.ZodType> = {
  query: z.output<Q>;
  /** Undefined where the route reads none. */
  body: z.output<B>;
  /** The id of the key. */
  by: string;
};

/** Serves a route as it is described: what is asked has passed its schemas, what is answered has their types. */
export const serve = <Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType<object>>(
  app: Hono<AdminEnv>,
  route: Route<Q, B, A>,
  work: (asked: Asked<Q, B>) => Promise<z.output<A>>,
): void => {
  const { body: schema } = route;
  app.on(route.method, route.path, async (c) => {
    const query = queryOf(c, route.query);
    const body = Object.is(schema, NO_BODY) ? schema.parse(undefined) : await bodyOf(c, schema);
    return c.json(await work({ query, body, by: c.get('caller').key_id }), route.status);
  });
};
