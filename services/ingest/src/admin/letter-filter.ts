import { z } from 'zod';

/** Which letters are meant; what is left out says nothing. */
export const letterFilter = z.strictObject({
  reason: z.string().min(1).max(64).optional(),
  /** '': letters of which no store can be told. */
  store: z.string().max(128).optional(),
  /** When they were set aside, ms UTC: [from, to). */
  from: z.number().optional(),
  to: z.number().optional(),
  /** Identities. */
  ids: z.array(z.string().max(160)).min(1).max(1_000).optional(),
});

export type LetterFilter = z.infer<typeof letterFilter>;

/** Fields in one order, so that equal filters are equal texts. */
export const filterKey = ({ reason, store, from, to, ids }: LetterFilter): string =>
  JSON.stringify([reason ?? null, store ?? null, from ?? null, to ?? null, ids?.toSorted() ?? null]);
