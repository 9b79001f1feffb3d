import type { FunnelMode } from '../definition.ts';
import type { Step } from './steps.ts';

/** How far a unit comes from one start. */
export type Chain = { startedAt: number; hit: number; msToNext: number[] };

export type ChainRules = { stages: number; window_ms: number; tie_tolerance_ms: number };

/** Follows the chain that starts at steps[start]. */
export type Follow = (start: number) => Chain;

/** bits 0 to reached - 1 */
const upTo = (reached: number): number => 2 ** reached - 1;

/** For each stage the places of the steps that match it. */
const placesByStage = (steps: readonly Step[], stages: number): number[][] => {
  const places: number[][] = Array.from({ length: stages }, () => []);
  steps.forEach(({ mask }, i) => {
    for (let k = 0; k < stages; k++) if (mask & (1 << k)) places[k]?.push(i);
  });
  return places;
};

/** The first index of `places` whose step is not before `time`. */
const firstFrom = (steps: readonly Step[], places: readonly number[], time: number): number => {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(steps, places[middle]) < time) low = middle + 1;
    else high = middle;
  }
  return low;
};

const timeOf = (steps: readonly Step[], place: number | undefined): number =>
  (place === undefined ? undefined : steps[place]?.time) ?? Number.POSITIVE_INFINITY;

const ordered = (steps: readonly Step[], { stages, window_ms, tie_tolerance_ms }: ChainRules): Follow => {
  const places = placesByStage(steps, stages);
  return (start) => {
    const startedAt = timeOf(steps, start);
    const used = [start];
    const msToNext: number[] = [];
    let reachedAt = startedAt;
    for (let k = 1; k < stages; k++) {
      const ofStage = places[k] ?? [];
      let i = firstFrom(steps, ofStage, reachedAt - tie_tolerance_ms);
      while (used.includes(ofStage[i] ?? -1)) i++;
      const place = ofStage[i];
      if (place === undefined || timeOf(steps, place) > startedAt + window_ms) break;
      used.push(place);
      const at = Math.max(reachedAt, timeOf(steps, place));
      msToNext.push(at - reachedAt);
      reachedAt = at;
    }
    return { startedAt, hit: upTo(used.length), msToNext };
  };
};

const strict =
  (steps: readonly Step[], { stages, window_ms }: ChainRules): Follow =>
  (start) => {
    const startedAt = timeOf(steps, start);
    const msToNext: number[] = [];
    for (let k = 1; k < stages; k++) {
      const step = steps[start + k];
      if (!step || !(step.mask & (1 << k)) || step.time > startedAt + window_ms) break;
      msToNext.push(step.time - timeOf(steps, start + k - 1));
    }
    return { startedAt, hit: upTo(msToNext.length + 1), msToNext };
  };

const any = (steps: readonly Step[], { stages, window_ms }: ChainRules): Follow => {
  const places = placesByStage(steps, stages);
  return (start) => {
    const startedAt = timeOf(steps, start);
    let reached = 1;
    while (reached < stages) {
      const ofStage = places[reached] ?? [];
      const place = ofStage[firstFrom(steps, ofStage, startedAt - window_ms)];
      if (timeOf(steps, place) > startedAt + window_ms) break;
      reached++;
    }
    return { startedAt, hit: upTo(reached), msToNext: [] };
  };
};

const open = (steps: readonly Step[], { stages, window_ms }: ChainRules): Follow => {
  const places = placesByStage(steps, stages);
  return (start) => {
    const startedAt = timeOf(steps, start);
    let hit = 0;
    places.forEach((ofStage, k) => {
      if (timeOf(steps, ofStage[firstFrom(steps, ofStage, startedAt)]) <= startedAt + window_ms) hit |= 1 << k;
    });
    return { startedAt, hit, msToNext: [] };
  };
};

/** How each mode follows a chain (definitions.md 5). */
export const FOLLOW: Readonly<Record<FunnelMode, (steps: readonly Step[], rules: ChainRules) => Follow>> = {
  ordered,
  strict,
  any,
  open,
};
