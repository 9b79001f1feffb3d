import { spreadOf } from '../machine.ts';

/** What a process held at a time of `performance.now()`. */
export type Sample = { at: number; mib: number };

const MINUTE_MS = 60_000;
/** Every pair of so many samples is looked at. */
const SAMPLES = 300;

/** MiB a minute: the median of the slopes between all pairs (Theil and Sen), which a few outliers do not move. */
export const risePerMinute = (samples: readonly Sample[]): number => {
  const step = Math.max(1, Math.ceil(samples.length / SAMPLES));
  const some = samples.filter((_, i) => i % step === 0);
  const slopes = some.flatMap((a, i) => some.slice(i + 1).map((b) => ((b.mib - a.mib) * MINUTE_MS) / (b.at - a.at)));
  return spreadOf(slopes).median;
};
