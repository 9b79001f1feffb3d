/** What ClickHouse's JSON holds, for the row schemas of queries. */
import { z } from 'zod';

/** Int64, UInt64 and wider, or a sum of them. */
export const bigInteger = z.union([z.string().regex(/^-?\d+$/), z.int()]).transform((value) => BigInt(value));

/** An integer of any width that is known to fit a number; else the row is refused. */
export const integer = z
  .union([z.string().regex(/^-?\d+$/), z.number()])
  .transform(Number)
  .pipe(z.int());

/** DateTime64(3, 'UTC') as it is printed (`2026-01-31 23:59:59.999`), to ms UTC. */
export const utcMs = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
  .transform((text) => Date.parse(`${text.replace(' ', 'T')}Z`))
  .pipe(z.int());
