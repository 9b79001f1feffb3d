/** definitions.md 1: order of events, days, sessions. */
import { parseEvent } from '@cartledger/events';
import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { createDayOf } from './days.ts';
import type { KeptEvent } from './kept.ts';
import { compareEvents, rankOf } from './ordering.ts';
import { buy, deliveriesOf, refund, type Told } from './scenario.ts';

const kept = (told: Partial<Told> & Pick<Told, 'type'>): KeptEvent => {
  const [delivery] = deliveriesOf([{ at: 0, ...told }]);
  if (delivery === undefined) throw new Error('a story of one event has one delivery');
  return { ...delivery, time: delivery.occurred_at, rank: rankOf(delivery) };
};

describe('the order of events', () => {
  it('at one instant is that of a visit to the shop', () => {
    const step = (checkout_step: 'start' | 'contact' | 'shipping' | 'payment') =>
      kept({ type: 'checkout', checkout_step });
    const inOrder = [
      kept({ type: 'visit' }),
      kept({ type: 'product_view' }),
      kept({ type: 'add_to_cart' }),
      kept({ type: 'remove_from_cart' }),
      kept({ type: 'cart_view' }),
      step('start'),
      step('contact'),
      step('shipping'),
      step('payment'),
      kept({ type: 'friction' }),
      kept({ type: 'purchase' }),
      kept({ type: 'refund' }),
      kept({ type: 'custom:x' }),
    ];
    const names = (events: KeptEvent[]) => events.map((e) => `${e.type} ${e.checkout_step ?? ''}`);
    expect(names(inOrder.toReversed().sort(compareEvents))).toEqual(names(inOrder));
  });

  it('goes by time, then rank, then event id, visitor id and the client’s own time', () => {
    const base = { type: 'visit', event_id: 'b', visitor_id: 'm' } as const;
    const inOrder = [
      { ...kept(base), time: 1, rank: 9 },
      { ...kept({ ...base, event_id: 'z' }), time: 2, rank: 0 },
      { ...kept({ ...base, event_id: 'a', visitor_id: 'z' }), time: 2, rank: 1 },
      { ...kept(base), time: 2, rank: 1, occurred_at: 5 },
      { ...kept(base), time: 2, rank: 1, occurred_at: 6 },
      { ...kept({ ...base, visitor_id: 'n' }), time: 2, rank: 1, occurred_at: 4 },
    ];
    expect(inOrder.toReversed().sort(compareEvents)).toEqual(inOrder);
  });
});

describe('a day', () => {
  const dayIn = (zone: string, iso: string) => createDayOf(zone)(Date.parse(iso));

  it('may begin at one o’clock, where clocks go forward at midnight', () => {
    // Asunción, 1 October 2023: 23:59:59 at -4 is followed by 01:00 at -3.
    expect(dayIn('America/Asuncion', '2023-10-01T03:59:59.999Z')).toBe('2023-09-30');
    expect(dayIn('America/Asuncion', '2023-10-01T04:00:00Z')).toBe('2023-10-01');
    expect(dayIn('America/Asuncion', '2023-10-02T02:59:59.999Z')).toBe('2023-10-01');
    expect(dayIn('America/Asuncion', '2023-10-02T03:00:00Z')).toBe('2023-10-02');
  });

  it('may be that of an instant twice, where clocks go back over midnight', () => {
    // Havana, 5 November 2023: 00:59:59 at -4 is followed by 00:00 at -5, the same date.
    expect(dayIn('America/Havana', '2023-11-05T04:00:00Z')).toBe('2023-11-05');
    expect(dayIn('America/Havana', '2023-11-05T05:00:00Z')).toBe('2023-11-05');
    expect(dayIn('America/Havana', '2023-11-06T04:59:59.999Z')).toBe('2023-11-05');
  });
});

describe('a session', () => {
  const sessionsOf = (story: Told[]) =>
    tell(story, { definition: { stages: ['visit'], funnels: [{ unit: 'session', mode: 'ordered', window_ms: 1 }] } })
      .funnels[0]?.[0]?.units;
  const visit = (at: number, more: Partial<Told> = {}): Told => ({ type: 'visit', at, ...more });

  it('goes on from any event of the visitor, purchases and refunds too', () => {
    expect(sessionsOf([visit(0), visit(50)])).toBe(2);
    expect(sessionsOf([visit(0), buy(25, 'o1'), visit(50)])).toBe(1);
    expect(sessionsOf([visit(0), refund(25, 'o1', 5), visit(50)])).toBe(1);
  });

  it('is one visitor’s: the same id under another is another session', () => {
    expect(sessionsOf([visit(0, { session_id: 's' }), visit(1, { session_id: 's', visitor_id: 'w' })])).toBe(2);
  });
});

describe('a junk id', () => {
  const wire = (more: object) =>
    parseEvent(
      {
        event_id: 'e1',
        store_id: 's',
        type: 'visit',
        occurred_at: 1_767_614_400_000,
        visitor_id: 'v',
        ...more,
      },
      { received_at: 1_767_614_400_000, maxAgeDays: 400 },
    );

  it('is rejected where an id is required and absent where it is not', () => {
    for (const junk of ['undefined', 'null', 'NaN', '[object Object]', '0', '-', ' ']) {
      expect(wire({ visitor_id: junk })).toMatchObject({ code: 'bad_id' });
      expect(wire({ cart_id: junk })).toMatchObject({
        ok: true,
        junk: ['cart_id'],
        event: expect.not.objectContaining({ cart_id: junk }),
      });
    }
  });
});
