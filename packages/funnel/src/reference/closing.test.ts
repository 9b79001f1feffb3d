/** docs/definitions.md 8.2: when the days of a period close. */
import { describe, expect, it } from 'vitest';
import { DAY_MS, type Definition, HOUR_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { add, buy, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const NOON = Date.parse('2026-01-05T12:00:00Z');
const WEEK: Partial<Definition> = {
  funnels: [
    { unit: 'visitor', mode: 'ordered', window_ms: 3 * DAY_MS },
    { unit: 'session', mode: 'open', window_ms: HOUR_MS },
  ],
};

const openFrom = (story: readonly Told[], asOf: string, definition: Partial<Definition> = WEEK) =>
  tell(story, { definition, asOf: Date.parse(asOf), from: '2026-01-05', to: '2026-01-10' }).openFrom;

describe('a period is open from the first of its days on whose figures time alone may still move', () => {
  it('stories begin on Monday 5 January 2026 at noon', () => {
    expect(START).toBe(NOON);
  });

  it('funnels close a window after the end of the day, orders a day, carts at the end where none stands open', () => {
    const story = [add(0), buy(1, 'o1'), { type: 'visit', at: 6 * DAY }] satisfies Told[];
    // The 6th ends at midnight to the 7th; three days later its window is over.
    expect(openFrom(story, '2026-01-11T12:00:00Z')).toEqual({
      funnels: ['2026-01-08', null],
      abandonment: null,
      revenue: '2026-01-10',
      pipeline: '2026-01-08',
    });
    expect(openFrom(story, '2026-01-12T00:00:00Z').revenue).toBeNull();
    expect(openFrom(story, '2026-01-11T23:59:59.999Z').revenue).toBe('2026-01-10');
    expect(openFrom(story, '2026-01-13T23:59:59.999Z').funnels).toEqual(['2026-01-10', null]);
    expect(openFrom(story, '2026-01-14T00:00:00Z').funnels).toEqual([null, null]);
  });

  it('a cart that nobody ordered keeps its day open until its recovery window is over, a moment later not', () => {
    // Last touched on the 6th at noon: abandoned at 13:00, lost seven days later.
    const story = [add(0), { type: 'cart_view', at: DAY, items: [{ product_id: 'A', quantity: 1 }] }] satisfies Told[];
    expect(openFrom(story, '2026-01-13T12:59:59.999Z').abandonment).toBe('2026-01-05');
    expect(openFrom(story, '2026-01-13T13:00:00Z').abandonment).toBeNull();
  });

  it('what comes after a cart was abandoned keeps it open only when it revives it', () => {
    const left: Told[] = [add(0, { cart_id: 'c' })];
    const visited: Told[] = [...left, { type: 'visit', at: 2 * DAY, cart_id: 'c' }];
    const revived: Told[] = [...left, { type: 'checkout', at: 2 * DAY, cart_id: 'c' }];
    expect(openFrom(visited, '2026-01-12T13:00:00Z').abandonment).toBeNull();
    expect(openFrom(revived, '2026-01-12T13:00:00Z').abandonment).toBe('2026-01-05');
  });

  it('days that have not come yet are open, and no day before the period is named', () => {
    expect(openFrom([add(0)], '2026-01-05T12:00:00Z')).toEqual({
      funnels: ['2026-01-05', '2026-01-05'],
      abandonment: '2026-01-05',
      revenue: '2026-01-05',
      pipeline: '2026-01-05',
    });
  });

  it('days are those of the zone', () => {
    const story = [add(0), buy(1, 'o1')];
    const inTokyo = { ...WEEK, time_zone: 'Asia/Tokyo' };
    expect(openFrom(story, '2026-01-11T15:00:00Z', inTokyo).revenue).toBeNull();
    expect(openFrom(story, '2026-01-11T14:59:59.999Z', inTokyo).revenue).toBe('2026-01-10');
  });
});
