import { type Outcome, runSeed } from './run-seed.ts';
import { replayTape } from './world/tape.ts';

/** Runs and time that shrinking may take. */
type Budget = { runs: number; ms: number };

const simpler = (tape: readonly number[], at: number, size: number, how: 'delete' | 'zero'): number[] => [
  ...tape.slice(0, at),
  ...(how === 'zero' ? tape.slice(at, at + size).map(() => 0) : []),
  ...tape.slice(at + size),
];

const trimmed = (tape: readonly number[]): number[] => tape.slice(0, tape.findLastIndex((value) => value !== 0) + 1);

/**
 * The simplest tape found that fails in the same way: shorter, with more zeros, with lower values. Answers how that
 * one went.
 */
export const shrink = async (
  tape: readonly number[],
  kind: string,
  { onlyEnd, budget = { runs: 400, ms: 20_000 } }: { onlyEnd: boolean; budget?: Budget },
): Promise<Outcome> => {
  const startedAt = performance.now();
  let runs = 0;
  let best = trimmed(tape);
  const isSpent = (): boolean => runs >= budget.runs || performance.now() - startedAt > budget.ms;

  const attempt = async (candidate: readonly number[]): Promise<boolean> => {
    if (isSpent()) return false;
    runs += 1;
    const { failure } = await runSeed(replayTape(candidate), { onlyEnd });
    if (failure?.kind !== kind) return false;
    best = trimmed(candidate);
    return true;
  };

  for (let keep = best.length >> 1; keep > 0 && !isSpent(); keep >>= 1) {
    while (best.length > keep && (await attempt(best.slice(0, best.length - keep)))) {
      // As much again.
    }
  }
  for (let before = -1; before !== runs && !isSpent(); ) {
    before = runs;
    const length = best.filter((value) => value !== 0).length;
    for (const how of ['zero', 'delete'] as const) {
      for (let size = 256; size >= 1 && !isSpent(); size >>= 1) {
        for (let at = 0; at < best.length && !isSpent(); at += size) {
          const block = best.slice(at, at + size);
          if (how === 'zero' && block.every((value) => value === 0)) continue;
          await attempt(simpler(best, at, size, how));
        }
      }
    }
    for (const [at, value] of best.entries()) {
      if (value > 1 && !isSpent()) await attempt(best.with(at, 1));
    }
    if (best.filter((value) => value !== 0).length === length) break;
  }
  return runSeed(replayTape(best), { onlyEnd, keepTrace: true });
};
