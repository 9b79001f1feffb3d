/** What the answers of several routes are made of. */
import { REFUNDS_ON } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';

export const count = (description: string) => z.int().openapi({ description });
export const words = (description: string) => z.string().openapi({ description });
export const minor = (description: string) =>
  z.int().openapi({ description: `${description}. Minor units; may pass 2^53` });
export const rate = (description: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description}. Six decimals; null where nothing is divided by` });
export const durationMs = (description: string) =>
  z
    .int()
    .nullable()
    .openapi({ description: `${description}. In ms; null when there is none` });
export const money = (description: string) =>
  z
    .record(z.string(), z.int())
    .openapi({ description: `${description}. Minor units by currency; may pass 2^53`, example: { EUR: 1999 } });
export const localDay = (description: string) =>
  z.string().openapi({ description, format: 'date', example: '2026-11-22' });
export const instant = (description: string) => z.iso.datetime().openapi({ description });

export const refundsOn = (description: string) => z.enum(REFUNDS_ON).openapi({ description });

/** An entry of a list, or a part of an answer, described as a whole. */
export const part = <S extends z.ZodRawShape>(description: string, shape: S) =>
  z.object(shape).openapi({ description });
export const list = <S extends z.ZodType>(description: string, entry: S) => z.array(entry).openapi({ description });

export const head = {
  store_id: words('The store'),
  from: localDay('First local day'),
  to: localDay('Last local day'),
  timezone: words('IANA zone of the store’s days'),
  as_of: instant('The log has been taken in up to here'),
  open_from: localDay('The first day whose figures may still move by time alone; null when all are closed').nullable(),
  definition_versions: list('Versions of the store’s definition that the figures were made by', z.int()),
  warnings: list(
    'What to know before trusting the figures',
    part('One warning', {
      code: words('For machines; never changes its meaning'),
      message: words('The same for people'),
    }),
  ),
};
