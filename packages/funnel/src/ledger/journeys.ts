import type { Funnel } from '../definition.ts';
import { type Chain, type ChainRules, FOLLOW } from './chains.ts';
import type { JourneyRow } from './rows.ts';
import type { Step } from './steps.ts';

export type JourneyDay = Pick<JourneyRow, 'day' | 'hit' | 'any' | 'started_at' | 'ms_to_next'> & {
  /** Where the chain starts; null without a start. */
  start: Step | null;
};

/**
 * One unit's days with a start or any stage's event. A day keeps the chain that reaches furthest, then starts
 * earliest; of an open funnel, the one chain from the day's first event of any stage. Chains start on the wanted
 * days alone and go on over any.
 */
export const journeyDays = (
  steps: readonly Step[],
  mode: Funnel['mode'],
  rules: ChainRules,
  dayOf: (step: Step) => string,
  isWanted?: (day: string) => boolean,
): JourneyDay[] => {
  const days = new Map<string, { any: number; best: Chain | null; start: Step | null }>();
  const follow = FOLLOW[mode](steps, rules);
  const whole = 2 ** rules.stages - 1;
  steps.forEach((step, at) => {
    const name = dayOf(step);
    if (isWanted && !isWanted(name)) return;
    let day = days.get(name);
    if (!day) {
      day = { any: 0, best: null, start: null };
      days.set(name, day);
    }
    day.any |= step.mask;
    const starts = mode === 'open' ? !day.best : (step.mask & 1) !== 0;
    if (!starts || day.best?.hit === whole) return;
    const chain = follow(at);
    if (day.best && chain.hit <= day.best.hit) return;
    day.best = chain;
    day.start = step;
  });
  return [...days].map(([day, { any, best, start }]) => ({
    day,
    hit: best?.hit ?? 0,
    any,
    started_at: best?.startedAt ?? 0,
    ms_to_next: best?.msToNext ?? [],
    start,
  }));
};
