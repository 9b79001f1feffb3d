import type { Outcome } from './run-seed.ts';

/** How often each thing has happened in a run: a fault that never happens finds nothing. */
export const createTotals = () => {
  const stats = new Map<string, number>();
  let seeds = 0;
  let steps = 0;
  let ms = 0;
  let virtualMs = 0;
  const sorted = (): [string, number][] => [...stats].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    get seeds() {
      return seeds;
    },
    add: (outcome: Pick<Outcome, 'steps' | 'ms' | 'virtualMs' | 'stats'>): void => {
      seeds += 1;
      steps += outcome.steps;
      ms += outcome.ms;
      virtualMs += outcome.virtualMs;
      for (const [what, n] of Object.entries(outcome.stats)) stats.set(what, (stats.get(what) ?? 0) + n);
    },
    summary: () => ({ seeds, steps, ms: Math.round(ms), virtualMs, stats: Object.fromEntries(sorted()) }),
    text: (): string => {
      const each = (total: number): string => (total / Math.max(1, seeds)).toFixed(0);
      const lines = sorted().map(([what, n]) => `  ${String(n).padStart(8)} ${what}`);
      return `${each(ms)} ms and ${each(steps)} steps a seed, ${(virtualMs / 3_600_000).toFixed(1)} h in all; in all seeds:\n${lines.join('\n')}`;
    },
  };
};
