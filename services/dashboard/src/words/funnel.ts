import { formatDuration } from '../format/duration.ts';

const MODES: Record<string, (window: string) => string> = {
  ordered: (window) => `stages in their order, within ${window} of the start`,
  strict: (window) => `each stage the very next step, within ${window} of the start`,
  any: (window) => `stages in any order, within ${window} of the start`,
  open: (window) => `any stage counts on its own, within ${window} of the first`,
};

/** How this funnel counts, in one line. */
export const funnelRule = (unit: string, mode: string, windowMs: number): string =>
  `Counted by ${unit}, ${(MODES[mode] ?? (() => mode))(formatDuration(windowMs))}`;

export const FUNNEL_COLUMNS = {
  units:
    'Each counted once in the period, at the furthest stage it reached. A stage is reached after the ones before it.',
  previous: 'Reached this stage ÷ reached the stage before it.',
  first: 'Reached this stage ÷ reached the first stage.',
  target: 'What the store aims at: reached this stage ÷ reached the first stage.',
  dropped: 'Reached this stage but not the next one.',
  median: 'Half of those who went on took at most this long to reach the next stage.',
  p90: 'Nine in ten of those who went on took at most this long to reach the next stage.',
  any: 'Everyone who did this in the period, whether or not they did the stages before it.',
} as const;
