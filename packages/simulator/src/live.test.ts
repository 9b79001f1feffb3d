import { parseEvent } from '@cartledger/events';
import { describe, expect, test } from 'vitest';
import { createLiveTraffic, type LiveClock } from './live.ts';
import { DEMO_STORES } from './store.ts';
import type { SimulatedEvent } from './wire.ts';

const START = Date.UTC(2026, 5, 1, 18);
const MINUTE_MS = 60_000;

/** Time passes only while somebody sleeps. */
const createTestClock = (): LiveClock & { jump(ms: number): void } => {
  let now = START;
  return {
    now: () => now,
    sleep: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    jump: (ms) => {
      now += ms;
    },
  };
};

const listen = async (clock: LiveClock, forMs: number, eventsPerSecond = 5, signal = new AbortController()) => {
  const traffic = createLiveTraffic({ seed: 1, stores: DEMO_STORES, eventsPerSecond, clock });
  const until = clock.now() + forMs;
  const heard: { event: SimulatedEvent; at: number }[] = [];
  for await (const event of traffic.events(signal.signal)) {
    heard.push({ event, at: clock.now() });
    if (clock.now() >= until) signal.abort();
  }
  return heard;
};

describe('live traffic', () => {
  test('arrives when it falls due, in about the number asked for', async () => {
    const heard = await listen(createTestClock(), 60 * MINUTE_MS);
    for (const { event, at } of heard) expect(event.received_at - at).toBe(0);
    const lastHalfHour = heard.filter(({ at }) => at > START + 30 * MINUTE_MS).length;
    expect(lastHalfHour / (30 * 60)).toBeGreaterThan(3);
    expect(lastHalfHour / (30 * 60)).toBeLessThan(7);
  });

  test('is taken by the parser, from all stores', async () => {
    const heard = await listen(createTestClock(), 5 * MINUTE_MS);
    for (const { event } of heard) {
      expect(parseEvent(event, { received_at: event.received_at, maxAgeDays: 400 }).ok).toBe(true);
    }
    expect(new Set(heard.map(({ event }) => event.store_id)).size).toBe(3);
  });

  test('shares no id with an earlier start', async () => {
    const clock = createTestClock();
    const first = await listen(clock, 5 * MINUTE_MS);
    const second = await listen(clock, 5 * MINUTE_MS);
    const ids = new Set(first.flatMap(({ event }) => [event.event_id, event.visitor_id]));
    expect(second.filter(({ event }) => ids.has(event.event_id) || ids.has(event.visitor_id))).toEqual([]);
  });

  test('does not make up for a night in which the machine slept', async () => {
    const clock = createTestClock();
    const traffic = createLiveTraffic({ seed: 1, stores: DEMO_STORES, eventsPerSecond: 5, clock });
    const events = traffic.events();
    await events.next();
    clock.jump(8 * 60 * MINUTE_MS);
    const woken = clock.now();
    let made = 0;
    for await (const event of events) {
      if (event.occurred_at > START + MINUTE_MS && event.type === 'visit' && event.received_at < woken) made++;
      if (clock.now() > woken + MINUTE_MS) break;
    }
    // What those already there had still to do, and no more.
    expect(made).toBeLessThan(10);
  });

  test('ends when it is told to', async () => {
    const signal = new AbortController();
    signal.abort();
    expect(await listen(createTestClock(), MINUTE_MS, 5, signal)).toEqual([]);
  });

  test('needs a pace', () => {
    expect(() =>
      createLiveTraffic({ seed: 1, stores: DEMO_STORES, eventsPerSecond: 0, clock: createTestClock() }),
    ).toThrow('eventsPerSecond (0)');
  });
});
