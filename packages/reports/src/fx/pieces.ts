import { compareBytes } from '../money.ts';
import type { Factor } from './factor.ts';

/** What turns the amounts of one currency on one day. */
export type FactorOfDay = Factor & { day: string; currency: string };

/** Some days of a period that follow each other, with what is needed to turn their amounts. */
export type Piece = { from: string; to: string; factors: FactorOfDay[] };

/** So many factors stay far below what a server takes as one parameter of a query (128 KiB). */
const MOST_FACTORS = 1_000;

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** Cuts a period between days, so that no piece needs more than `most` factors: only a day that does has more. */
export const piecesOf = (
  { from, to }: { from: string; to: string },
  factors: readonly FactorOfDay[],
  most: number = MOST_FACTORS,
): Piece[] => {
  const pieces: Piece[] = [];
  let piece: Piece = { from, to, factors: [] };
  const byDay = Map.groupBy(factors, ({ day }) => day);
  for (const [day, ofDay] of [...byDay].sort(([a], [b]) => compareBytes(a, b))) {
    if (piece.factors.length > 0 && piece.factors.length + ofDay.length > most) {
      pieces.push({ ...piece, to: dayBefore(day) });
      piece = { from: day, to, factors: [] };
    }
    piece.factors.push(...ofDay);
  }
  return [...pieces, piece];
};
