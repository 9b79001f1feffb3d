/** What requests and answers of several routes are made of. */
import { z } from 'zod';

export const words = (description: string) => z.string().describe(description);
export const yes = (description: string) => z.boolean().describe(description);
export const count = (description: string) => z.int().describe(description);
export const instant = (description: string) => z.iso.datetime().describe(description);
/** An entry of a list, or a part of an answer, described as a whole. */
export const part = <S extends z.ZodRawShape>(description: string, shape: S) => z.object(shape).describe(description);
export const list = <S extends z.ZodType>(description: string, entry: S) => z.array(entry).describe(description);

/** Its value or null, described as what may be both. */
export const orNull = <S extends z.ZodType>(schema: S) => {
  const { description } = schema;
  return description === undefined ? schema.nullable() : schema.nullable().describe(description);
};

/** A moment of a request, as ms UTC. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .meta({ description: 'RFC 3339', example: '2026-11-22T10:00:00Z' });

/** Of a query: all there is text. */
export const wholeNumber = (description: string, digits: number) =>
  z
    .string()
    .regex(new RegExp(`^\\d{1,${digits}}$`), 'give a whole number from 0 on')
    .meta({ description, type: 'integer', pattern: undefined });
