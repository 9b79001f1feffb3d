import { z } from '@hono/zod-openapi';

const refusal = z
  .object({
    error: z
      .object({
        code: z.string().openapi({ description: 'For machines; never changes its meaning', example: 'unknown_store' }),
        message: z.string().openapi({ description: 'What was wrong, with which value, and what would do' }),
        field: z.string().optional().openapi({ description: 'The part of the request that was wrong' }),
      })
      .openapi({ description: 'What was wrong' }),
  })
  .openapi('Problem', { description: 'Why a request was refused' });

/** A refusal, described. */
export const problem = (description: string) => ({ description, content: { 'application/json': { schema: refusal } } });

export const PROBLEMS = {
  400: problem('Something in the request is wrong; the field is named'),
  401: problem('No token, or one that is unknown or revoked'),
  403: problem('The token is for something else'),
  404: problem('No such store that this token may see; or no such version of its definition, visitor or cart'),
  409: problem(
    'There is such a store already; or, of a report, nothing has been taken in yet (not_ready), a new version of the definition is being worked in (recounting), or its days are under several versions of the definition (several_versions), or its details were removed by the store’s retention (details_removed); or too many events hang together (component_too_large)',
  ),
  413: problem('Too much at once'),
  415: problem('Content-Type or Content-Encoding is not one of those taken'),
  422: problem('Too many events to compute this from; ask for fewer days, or let the store keep the funnel'),
  429: problem('More than the key may send; wait as Retry-After says'),
  503: problem('Not at this moment; wait as Retry-After says'),
} as const;

/** What every route that reads numbers may answer besides them. */
export const READ_PROBLEMS = {
  400: PROBLEMS[400],
  401: PROBLEMS[401],
  403: PROBLEMS[403],
  404: PROBLEMS[404],
  409: PROBLEMS[409],
  422: PROBLEMS[422],
  503: PROBLEMS[503],
} as const;
