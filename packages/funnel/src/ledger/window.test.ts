import { expect, it } from 'vitest';
import { FUNNEL_MODES } from '../definition.ts';
import { BERLIN, build, DAY, event, items, journeysOf } from './test-story.ts';

const WINDOW = 'visitor/ordered/604800000';
const MS = 1 / 60_000;

it.each(FUNNEL_MODES)(
  '%s: a stage exactly one window after the start counts, one a millisecond later does not',
  (mode) => {
    const definition = {
      ...BERLIN,
      stages: ['visit', 'add_to_cart'],
      funnels: [{ unit: 'visitor' as const, mode, window_ms: 604_800_000 }],
    };
    const hitAfter = (minutes: number): number | undefined =>
      journeysOf(
        build([event(0, 'visit'), event(minutes, 'add_to_cart', items('A'))], definition),
        WINDOW.replace('ordered', mode),
      )[0]?.hit;
    expect(hitAfter(7 * DAY)).toBe(0b11);
    expect(hitAfter(7 * DAY + MS)).toBe(0b01);
  },
);
