import type { Context } from 'hono';
import type { z } from 'zod';
import { badRequest } from './errors.ts';

const check = <S extends z.ZodType>(schema: S, input: unknown): z.output<S> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw badRequest(field, `${field === '' ? 'The request' : field}: ${issue?.message ?? 'cannot be understood'}.`);
};

/** The query as the schema has it; throws the answer that names what is wrong with it. */
export const queryOf = <S extends z.ZodType>(c: Context, schema: S): z.output<S> => check(schema, c.req.query());

/** The JSON body as the schema has it; throws the answer that names what is wrong with it. */
export const bodyOf = async <S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> => {
  const body: unknown = await c.req.json().catch(() => {
    throw badRequest('', 'The body is not JSON. Send one JSON object.');
  });
  return check(schema, body);
};
