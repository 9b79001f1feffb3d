import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { createDayOf } from './days.ts';
import { deduplicate } from './dedupe.ts';
import { compareText } from './ordering.ts';
import { isRejected } from './reject.ts';
import { deliveriesOf, START, type Told } from './scenario.ts';
import { eventTime } from './time.ts';

const HOUR = 3_600_000;

const delivery = (more: Partial<Told> = {}) => {
  const [one] = deliveriesOf([{ type: 'visit', at: 0, ...more }]);
  if (one === undefined) throw new Error('a story of one event has one delivery');
  return one;
};

describe('event time', () => {
  it('believes a clock that is wrong by up to 2 seconds and sets one right that is worse, either way', () => {
    const received = START + HOUR;
    const timeWith = (error: number) =>
      eventTime(delivery({ received_at: received, sent_at: received - error })) - START;
    expect([2_000, 2_001, -2_000, -2_001].map(timeWith)).toEqual([0, 2_001, 0, -2_001]);
  });

  it('is never after the event was received', () => {
    expect(eventTime(delivery({ received_at: START - HOUR }))).toBe(START - HOUR);
  });

  it('more than 24 hours ahead is rejected, after the clock was set right', () => {
    expect(isRejected(delivery({ received_at: START - 24 * HOUR }))).toBe(false);
    expect(isRejected(delivery({ received_at: START - 24 * HOUR - 1 }))).toBe(true);
    expect(isRejected(delivery({ received_at: START - 48 * HOUR, sent_at: START }))).toBe(false);
  });
});

describe('deliveries of one event', () => {
  const hashes = (deliveries: ReturnType<typeof delivery>[]) =>
    deduplicate(deliveries).map((kept) => kept.payload_hash);

  it('the first received is kept, ties by the smaller hash', () => {
    const late = delivery({ payload_hash: 1n, received_at: START + 9 });
    const early = delivery({ payload_hash: 3n, received_at: START + 8 });
    const earlyToo = delivery({ payload_hash: 2n, received_at: START + 8 });
    expect(hashes([late, early, earlyToo])).toEqual([2n]);
    expect(hashes([earlyToo, early, late])).toEqual([2n]);
  });

  it('another visitor or another UTC month of the client’s time makes another event', () => {
    const monthEnd = Date.UTC(2026, 1, 1) - 1;
    expect(deduplicate([delivery(), delivery({ visitor_id: 'w' })])).toHaveLength(2);
    expect(deduplicate([delivery({ occurred_at: monthEnd }), delivery({ occurred_at: monthEnd + 1 })])).toHaveLength(2);
    expect(deduplicate([delivery({ occurred_at: monthEnd }), delivery({ occurred_at: monthEnd - HOUR })])).toHaveLength(
      1,
    );
  });
});

describe('the order of text', () => {
  it('is that of UTF-8 bytes', () => {
    const texts = ['', 'Z', 'a', 'ab', 'é', '\u{FFFD}', '\u{1F600}', '\u{1F601}'];
    expect(texts.toReversed().sort(compareText)).toEqual(texts);
  });
});

describe('local days', () => {
  const dayIn = (zone: string, iso: string) => createDayOf(zone)(Date.parse(iso));

  it('the day clocks go forward has 23 hours', () => {
    expect(dayIn('Europe/Berlin', '2026-03-28T22:59:59.999Z')).toBe('2026-03-28');
    expect(dayIn('Europe/Berlin', '2026-03-28T23:00:00Z')).toBe('2026-03-29');
    expect(dayIn('Europe/Berlin', '2026-03-29T21:59:59.999Z')).toBe('2026-03-29');
    expect(dayIn('Europe/Berlin', '2026-03-29T22:00:00Z')).toBe('2026-03-30');
  });

  it('the day clocks go back has 25', () => {
    expect(dayIn('Europe/Berlin', '2026-10-24T22:00:00Z')).toBe('2026-10-25');
    expect(dayIn('Europe/Berlin', '2026-10-25T22:59:59.999Z')).toBe('2026-10-25');
    expect(dayIn('Europe/Berlin', '2026-10-25T23:00:00Z')).toBe('2026-10-26');
  });

  it('half and quarter hours count', () => {
    expect(dayIn('Australia/Lord_Howe', '2026-07-01T13:29:59.999Z')).toBe('2026-07-01');
    expect(dayIn('Australia/Lord_Howe', '2026-07-01T13:30:00Z')).toBe('2026-07-02');
    expect(dayIn('Asia/Kathmandu', '2026-07-01T18:14:59.999Z')).toBe('2026-07-01');
    expect(dayIn('Asia/Kathmandu', '2026-07-01T18:15:00Z')).toBe('2026-07-02');
  });

  it('a report of one day takes what lies in the local day and no more', () => {
    const visit = (iso: string, visitor: string): Told => ({
      type: 'visit',
      at: 0,
      occurred_at: Date.parse(iso),
      visitor_id: visitor,
    });
    const story = [
      visit('2026-10-24T21:59:59.999Z', 'before'),
      visit('2026-10-24T22:00:00Z', 'first'),
      visit('2026-10-25T22:59:59.999Z', 'last'),
      visit('2026-10-25T23:00:00Z', 'after'),
    ];
    const { funnels } = tell(story, {
      definition: { time_zone: 'Europe/Berlin' },
      from: '2026-10-25',
      to: '2026-10-25',
    });
    expect(funnels[0]?.[0]).toMatchObject({ stage: 'visit', units: 2 });
  });
});
