import { INGEST_BASE, pathOf, type Query, type Route } from '@cartledger/operations';
import type { z } from 'zod';
import type { Client } from './client.ts';
import { CliError } from './errors.ts';

/** What the server says as its route describes it; a CliError where it says something else. */
export const understood = <A extends z.ZodType>({ answer }: { answer: A }, told: unknown): z.output<A> => {
  const parsed = answer.safeParse(told);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CliError(
    `the server answers otherwise than this command understands (${issue?.path.join('.')}: ${issue?.message}): are both of one version?`,
    { cause: parsed.error },
  );
};

/** Asks a route that answers one document. Throws CliError with the server's words when it refuses. */
export const askIngest = async <Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
  client: Client,
  route: Route<Q, B, A>,
  { query, json }: { query?: Query<Q>; json?: z.input<B> } = {},
): Promise<z.output<A>> => {
  const path = `${INGEST_BASE}${query === undefined ? route.path : pathOf(route, query)}`;
  const response = await client.send(route.method, path, json === undefined ? {} : { json });
  return understood(route, await response.json());
};
