import { z } from '@hono/zod-openapi';

const problem = z
  .object({
    error: z.object({
      code: z.string().openapi({ description: 'For machines; never changes its meaning', example: 'unknown_store' }),
      message: z.string().openapi({ description: 'What was wrong, with which value, and what would do' }),
      field: z.string().optional().openapi({ description: 'The part of the request that was wrong' }),
    }),
  })
  .openapi('Problem');

const answer = (description: string) => ({ description, content: { 'application/json': { schema: problem } } });

export const PROBLEMS = {
  400: answer('Something in the request is wrong; the field is named'),
  401: answer('No token, or one that is unknown or revoked'),
  403: answer('The token is for something else'),
  404: answer('No such store that this token may see'),
  409: answer('There is such a store already; or, of a report, nothing has been taken in yet'),
  413: answer('Too much at once'),
  415: answer('Content-Type or Content-Encoding is not one of those taken'),
  429: answer('More than the key may send; wait as Retry-After says'),
  503: answer('Not at this moment; wait as Retry-After says'),
} as const;
