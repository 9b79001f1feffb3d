import { parseEvent } from '@cartledger/events';
import {
  DAY_MS,
  DEFAULT_DEFINITION,
  type Definition,
  differences,
  HOUR_MS,
  MINUTE_MS,
  reference,
} from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from './simulator.ts';
import { DEMO_STORES, type SimulatedStore } from './store.ts';
import type { TruthQuery } from './truth/truth.ts';
import type { SimulatedEvent } from './wire.ts';

// A Sunday evening in Berlin: shoppers are about, so that some carts are still active at the end.
const TO = Date.UTC(2026, 3, 5, 18);
const FROM = TO - 60 * DAY_MS;
const PERIOD = { from: FROM, to: TO };

/** What the reference engine says of the same deliveries, where it differs from the truth. */
const disagreements = (
  simulator: Simulator,
  store: SimulatedStore,
  events: readonly SimulatedEvent[],
  query: Omit<TruthQuery, 'store_id'>,
) => {
  const deliveries = events
    .filter(({ store_id }) => store_id === store.store_id)
    .map((event, index) => ({ ...event, payload_hash: BigInt(index) }));
  const { funnels, abandonment, revenue } = reference({ deliveries, definition: store.definition, ...query });
  return differences(simulator.truth({ store_id: store.store_id, ...query }), { funnels, abandonment, revenue });
};

describe('traffic', () => {
  const options = { seed: 1, stores: DEMO_STORES, ...PERIOD, events: 3_000 };
  const simulator = createSimulator(options);
  const events = [...simulator.events()];

  test('is the same for the same seed, whenever it is asked for, and another for another seed', () => {
    expect([...simulator.events()]).toEqual(events);
    expect([...createSimulator(options).events()]).toEqual(events);
    expect([...createSimulator({ ...options, seed: 2 }).events()]).not.toEqual(events);
  });

  test('is just as many deliveries as asked for, in order of arrival, within the period', () => {
    expect(events).toHaveLength(3_000);
    expect(simulator.eventCount).toBe(3_000);
    const arrivals = events.map(({ received_at }) => received_at);
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
    expect(arrivals.at(0)).toBeGreaterThanOrEqual(FROM);
    expect(arrivals.at(-1)).toBeLessThanOrEqual(TO);
  });

  test('is taken by the parser, event by event, without junk', () => {
    for (const event of events) {
      const parsed = parseEvent(event, { received_at: event.received_at, maxAgeDays: 400 });
      expect(parsed).toMatchObject({ ok: true, junk: [] });
    }
  });

  test('has deliveries repeated, late and by wrong clocks, from all stores', () => {
    expect(new Set(events.map(({ store_id }) => store_id)).size).toBe(3);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBeLessThan(events.length);
    expect(events.some((event) => event.received_at - event.occurred_at > HOUR_MS)).toBe(true);
    expect(events.some((event) => Math.abs(event.received_at - (event.sent_at ?? event.received_at)) > HOUR_MS)).toBe(
      true,
    );
  });

  test('can be asked for by shoppers instead', () => {
    const few = createSimulator({ seed: 1, stores: DEMO_STORES, ...PERIOD, visitors: 20 });
    expect(few.eventCount).toBeGreaterThanOrEqual(20);
    expect([...few.events()]).toHaveLength(few.eventCount);
  });

  test('is refused for stores whose truth could not be told', () => {
    const [store] = DEMO_STORES;
    const definition: Definition = { ...DEFAULT_DEFINITION, stages: ['visit', 'purchase'] };
    expect(() => createSimulator({ ...options, stores: [{ ...store, store_id: 'x', definition }] })).toThrow(
      'stages of x',
    );
    const strict: Definition = { ...DEFAULT_DEFINITION, funnels: [{ unit: 'visitor', mode: 'strict', window_ms: 1 }] };
    expect(() => createSimulator({ ...options, stores: [{ store_id: 'x', definition: strict }] })).toThrow(
      'visitor/strict',
    );
    expect(() => simulator.truth({ store_id: 'nobody', from: '', to: '', asOf: 0 })).toThrow('nobody is not simulated');
  });
});

describe('the truth, known without looking at the events', () => {
  test.each([11, 12, 13])('is what the reference engine finds in 20,000 of them, seed %i', (seed) => {
    const simulator = createSimulator({ seed, stores: DEMO_STORES, ...PERIOD, events: 20_000 });
    const events = [...simulator.events()];
    for (const store of DEMO_STORES) {
      const all = { from: '2026-02-01', to: '2026-04-06', asOf: TO };
      const twoWeeks = { from: '2026-03-22', to: '2026-04-04', asOf: TO + 3 * DAY_MS };
      expect(disagreements(simulator, store, events, all)).toEqual([]);
      expect(disagreements(simulator, store, events, twoWeeks)).toEqual([]);
    }
  });

  const odd = (time_zone: string, change: Partial<Definition>): SimulatedStore => ({
    store_id: time_zone.toLowerCase().replaceAll('/', '-'),
    definition: { ...DEFAULT_DEFINITION, time_zone, ...change },
  });

  test.each([
    odd('Australia/Lord_Howe', { currency: 'AUD', abandon_ms: 20 * MINUTE_MS, idle_ms: 10 * MINUTE_MS }),
    odd('America/Sao_Paulo', { recovery_ms: 6 * HOUR_MS, tie_tolerance_ms: 10_000 }),
    odd('Asia/Kathmandu', {
      currency: 'KWD',
      funnels: [{ unit: 'session', mode: 'ordered', window_ms: 5 * MINUTE_MS }],
    }),
    odd('Pacific/Chatham', {
      abandon_ms: 12 * HOUR_MS,
      funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: DAY_MS }],
    }),
  ])('holds by other definitions too: $definition.time_zone', (store) => {
    const simulator = createSimulator({ seed: 5, stores: [store], ...PERIOD, events: 5_000 });
    const events = [...simulator.events()];
    for (const asOf of [TO, TO + 2 * HOUR_MS, TO + 30 * DAY_MS]) {
      expect(disagreements(simulator, store, events, { from: '2026-02-10', to: '2026-04-06', asOf })).toEqual([]);
    }
    const lastDay = { from: '2026-04-05', to: '2026-04-05', asOf: TO };
    expect(disagreements(simulator, store, events, lastDay)).toEqual([]);
  });

  test('has carts in every state, at every point, for many reasons, and money on every line', () => {
    const stores = DEMO_STORES.slice(0, 1);
    const query = { store_id: 'demo', from: '2026-02-01', to: '2026-04-06', asOf: TO };
    const truth = createSimulator({ seed: 3, stores, ...PERIOD, events: 30_000 }).truth(query);
    // In two months only few carts are an hour old: these states take a busy day.
    const busy = createSimulator({ seed: 3, stores, from: TO - DAY_MS, to: TO, events: 8_000 }).truth(query);
    const { active, idle, ...settled } = truth.abandonment.carts;
    expect(active + busy.abandonment.carts.active).toBeGreaterThan(0);
    expect(idle + busy.abandonment.carts.idle).toBeGreaterThan(0);
    for (const [state, count] of Object.entries(settled)) expect(count, state).toBeGreaterThan(0);
    expect(truth.abandonment.points.map(({ stage }) => stage)).toHaveLength(5);
    expect(truth.abandonment.reasons.length).toBeGreaterThan(4);
    expect(Object.keys(truth.revenue)).toEqual(['CHF', 'EUR']);
    // Bots make no traffic here, and nobody changes the currency in the middle.
    const zero = new Set(['orders_without_cart.cart_excluded', 'currency_change']);
    const bridge = Object.entries(truth.revenue).flatMap(([currency, of]) => (currency === 'EUR' ? of.bridge : []));
    for (const { line, amount } of bridge) expect(amount === 0n, line).toBe(zero.has(line));
    for (const funnel of truth.funnels) for (const { stage, units } of funnel) expect(units, stage).toBeGreaterThan(0);
  });
});
