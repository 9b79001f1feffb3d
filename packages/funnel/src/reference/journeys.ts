/** One row per unit and local day with a start: the chain that reaches furthest, then starts earliest. */
import type { FunnelMode } from '../definition.ts';
import type { Hit } from './units.ts';

export type Journey = {
  day: string;
  /** Where the chain starts. */
  start: Hit;
  /** The stages it is counted at: a chain's are the first ones, `open` may leave some out. */
  reached: readonly boolean[];
  /** The successive M of a chain, one for each stage reached; null where the mode has no times. */
  times: readonly number[] | null;
};

export type Matching = { stageCount: number; windowMs: number; tieToleranceMs: number };

/** Tells a later day's journey that is no better from an earlier one: how many stages the furthest reached is in. */
export const depthOf = (journey: Journey): number => journey.reached.lastIndexOf(true) + 1;

/** The journeys of a unit's hits, one a day, days in order. */
export const journeysOf = (unit: readonly Hit[], mode: FunnelMode, matching: Matching): Journey[] => {
  const best = new Map<string, Journey>();
  unit.forEach((start, position) => {
    const isStart = mode === 'open' ? !best.has(start.day) : start.stages.has(0);
    if (!isStart) return;
    const journey = MODES[mode](unit, start, position, matching);
    const standing = best.get(start.day);
    // Starts come in order, so an equal one is later.
    if (standing === undefined || depthOf(journey) > depthOf(standing)) best.set(start.day, journey);
  });
  return [...best.values()];
};

type Mode = (unit: readonly Hit[], start: Hit, position: number, matching: Matching) => Journey;

const chain = (start: Hit, times: readonly number[], stageCount: number): Journey => ({
  day: start.day,
  start,
  reached: Array.from({ length: stageCount }, (_, k) => k < times.length),
  times,
});

/** Each next stage takes the first hit in order, not yet used, within the tolerance before M and the window. */
const ordered: Mode = (unit, start, _position, { stageCount, windowMs, tieToleranceMs }) => {
  const used = new Set([start]);
  const times = [start.time];
  let m = start.time;
  for (let k = 1; k < stageCount; k++) {
    const next = unit.find(
      (hit) =>
        !used.has(hit) && hit.stages.has(k) && m - tieToleranceMs <= hit.time && hit.time <= start.time + windowMs,
    );
    if (next === undefined) break;
    used.add(next);
    m = Math.max(m, next.time);
    times.push(m);
  }
  return chain(start, times, stageCount);
};

/** Among the hits each stage must be the very next. */
const strict: Mode = (unit, start, position, { stageCount, windowMs }) => {
  const times = [start.time];
  for (let k = 1; k < stageCount; k++) {
    const next = unit[position + k];
    if (next === undefined || !next.stages.has(k) || next.time > start.time + windowMs) break;
    times.push(next.time);
  }
  return chain(start, times, stageCount);
};

/** Stages 1..k each have a hit within the window, before or after the start; one hit may fill several. */
const any: Mode = (unit, start, _position, { stageCount, windowMs }) => {
  const near = unit.filter((hit) => Math.abs(hit.time - start.time) <= windowMs);
  const has = Array.from({ length: stageCount }, (_, k) => near.some((hit) => hit.stages.has(k)));
  const missing = has.indexOf(false);
  return { day: start.day, start, reached: has.map((_, k) => missing === -1 || k < missing), times: null };
};

/** From the day's first hit on, every stage with a hit within the window. */
const open: Mode = (unit, start, _position, { stageCount, windowMs }) => {
  const near = unit.filter((hit) => start.time <= hit.time && hit.time <= start.time + windowMs);
  const reached = Array.from({ length: stageCount }, (_, k) => near.some((hit) => hit.stages.has(k)));
  return { day: start.day, start, reached, times: null };
};

const MODES: Record<FunnelMode, Mode> = { ordered, strict, any, open };
