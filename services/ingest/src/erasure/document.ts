import type { Erasure } from '@cartledger/control';
import { ERASURE_STATES, type Erasure as ErasureAnswer } from '@cartledger/operations';
import { z } from 'zod';

const hash = z.string().regex(/^\d{1,20}$/);

const held = z.object({
  visitors: z.number(),
  other_customers: z.number(),
  events: z.number(),
  carts: z.number(),
  orders: z.number(),
  ledger_rows: z.number(),
  dead_letters: z.number(),
});

/** What an erasure keeps of how far it is, beside what the control store knows of it. Hashes in decimal. */
const document = z.object({
  state: z.enum(ERASURE_STATES),
  visitors: z.array(hash).transform((hashes) => hashes.map(BigInt)),
  /** When all tombstones were written. */
  marked_at: z.number(),
  held: held.nullable(),
  /** Rows of the ledgers up to this version may go for good. */
  purge_up_to: hash.transform(BigInt),
  copies: z.array(z.object({ topic: z.string(), gone_by: z.string().nullable(), warning: z.string().nullable() })),
});
export type ErasureDocument = z.output<typeof document>;

export const NEW_DOCUMENT: ErasureDocument = {
  state: 'marking',
  visitors: [],
  marked_at: 0,
  held: null,
  purge_up_to: 0n,
  copies: [],
};

export const readDocument = (erasure: Erasure): ErasureDocument => document.parse(erasure.document);

export const writeDocument = (of: ErasureDocument): z.input<typeof document> => ({
  ...of,
  visitors: of.visitors.map(String),
  purge_up_to: String(of.purge_up_to),
});

const iso = (ms: number): string => new Date(ms).toISOString();
const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

/** ClickHouse removes parts that were rewritten after eight minutes. */
const FILES_MS = 10 * 60_000;
/** Touches that are done are deleted once a day, a day after. */
const TOUCHES_MS = 2 * 86_400_000;

export const erasureAnswer = (erasure: Erasure): ErasureAnswer => {
  const { state, visitors, held: erased, copies } = readDocument(erasure);
  const { ended_at } = erasure;
  return {
    erasure: erasure.erasure,
    store_id: erasure.store_id,
    subject: erasure.kind,
    subject_hash: hex(erasure.hash),
    visitor_hashes: visitors.map(hex),
    up_to: iso(erasure.up_to),
    state,
    by: erasure.begun_by,
    begun_at: iso(erasure.begun_at),
    ended_at: ended_at === null ? null : iso(ended_at),
    erased,
    copies,
    files_gone_by: ended_at === null ? null : iso(ended_at + FILES_MS),
    hashes_gone_by: ended_at === null ? null : iso(ended_at + TOUCHES_MS),
  };
};
