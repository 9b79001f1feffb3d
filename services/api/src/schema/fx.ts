import { z } from '@hono/zod-openapi';
import { count, list, localDay, part, words } from './parts.ts';

/** As sent: a number is taken by its shortest decimal, so 1.0856 is exactly that. */
const decimal = z.union([z.string(), z.number()], 'neither a decimal in a string nor a number').openapi({
  type: 'string',
  description: 'One unit of the currency in units of the base, above 0',
  example: '0.9213',
});

export const fxRate = z
  .strictObject({
    source: z.string('not a string').openapi({ description: 'Whose rates, as definitions name it', example: 'ecb' }),
    day: z.string('not a string').openapi({ description: 'The day they are for', format: 'date' }),
    currency: z.string('not a string').openapi({ description: 'ISO 4217', example: 'USD' }),
    base: z.string('not a string').openapi({ description: 'ISO 4217', example: 'EUR' }),
    rate: decimal,
  })
  .openapi('FxRate', { description: 'What one unit of a currency was worth on a day' });

export const fxTaken = z
  .object({ stored: count('Rates stored; those that were there already are replaced') })
  .openapi('FxTaken', { description: 'What was stored' });

export const fxList = z
  .object({
    rates: list(
      'By source, currency and base',
      part('The rates of one currency', {
        source: words('Whose rates'),
        currency: words('The currency'),
        base: words('In units of this one'),
        days: count('Days that have a rate'),
        from: localDay('First of them'),
        to: localDay('Last of them'),
        rate: words('The last day’s rate'),
      }),
    ),
  })
  .openapi('FxList', { description: 'Which rates are there' });
