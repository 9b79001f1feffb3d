import { expect, it } from 'vitest';
import { DAY_MS, type Definition, type DefinitionVersion, HOUR_MS, MINUTE_MS } from '../definition.ts';
import type { TimelineEntry } from '../reports/index.ts';
import { createRandom, keptOf, randomDefinition, randomHistory, randomVersions } from '../testing.ts';
import { buildLedger } from './build.ts';
import { type Calendar, createCalendar } from './calendar.ts';
import { printedCartKey } from './cart-row.ts';
import type { KeptEvent } from './kept-event.ts';
import { passHistory } from './pass.ts';
import type { CartRow, LedgerRow } from './rows.ts';
import { stateOf } from './test-fold.ts';
import { buildTimeline } from './timeline.ts';
import { TIMELINE_RULES, TIMELINE_STATES } from './timeline-rules.ts';

const SEEDS = Array.from({ length: 10 }, (_, i) => i * 100);

type Shop = {
  events: KeptEvent[];
  definition: Definition;
  versions: DefinitionVersion[];
  days: Calendar;
  asOf: number;
  rows: LedgerRow[];
};

const shopOf = (seed: number, length = 40): Shop => {
  const random = createRandom(seed);
  const definition = randomDefinition(random);
  const deliveries = randomHistory(random, 1 + random.below(length), 3, definition.time_zone);
  const versions = randomVersions(random, definition, deliveries);
  const events = keptOf(deliveries);
  const days = createCalendar(definition.time_zone);
  const last = Math.max(...events.map((event) => event.event_time));
  const asOf = last + random.pick([0, 1, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS - 1, 3 * DAY_MS, 60 * DAY_MS]);
  return { events, definition, versions, days, asOf, rows: buildLedger({ events, definition, versions, days }) };
};

const SEVEN = new Set(['active', 'idle', 'abandoned', 'lost', 'emptied', 'purchased', 'recovered', 'recovered_late']);

/** A cart's life as its states in a timeline tell it, in the words of its row. */
const lifeIn = (entries: readonly TimelineEntry[], cart_key: string) => {
  const states = entries.filter((entry) => entry.kind === 'state' && entry.cart_key === cart_key);
  const at = (what: string): number[] => states.filter((entry) => entry.what === what).map((e) => Date.parse(e.at));
  return {
    opened_at: at('opened'),
    state: states.findLast((entry) => SEVEN.has(entry.what))?.what,
    abandoned: at('abandoned'),
    revived: at('revived').length,
  };
};

/** What time alone has brought is not in the row's times yet. */
const lifeOf = (cart: CartRow, asOf: number) => {
  const state = cart.outcome === '' ? stateOf(cart, asOf) : cart.outcome;
  const brought = cart.last_activity_at + cart.abandon_ms;
  const open = cart.outcome === '' && cart.holds_items && brought <= asOf && cart.last_abandoned_at < brought;
  return {
    opened_at: [cart.opened_at],
    state,
    first: cart.first_abandoned_at || (open ? brought : 0),
    last: open ? brought : cart.last_abandoned_at,
    revived: cart.revived,
  };
};

it.each(SEEDS)('timelines tell of every event, cart and order what the ledger says (seeds from %d)', (from) => {
  for (let seed = from; seed < from + 100; seed++) {
    const shop = shopOf(seed);
    const { events, definition, versions, days, asOf, rows } = shop;
    const passed = passHistory({ events, definition, versions, days });
    // Own carts opened by events of one id in two months have one printed key; their lives cannot be told apart by it.
    if (new Set(passed.carts.map(printedCartKey)).size < passed.carts.length) continue;
    const keyOf = new Map(
      passed.carts.flatMap((cart) => cart.entries.map(({ event }) => [event, printedCartKey(cart)])),
    );
    const told = { carts: new Set<string>(), orders: new Set<string>(), refunds: new Set<string>() };

    const check = (entries: readonly TimelineEntry[]): void => {
      for (const row of rows) {
        if (
          row.kind === 'cart' &&
          entries.some((entry) => entry.what === 'opened' && entry.cart_key === row.cart_key)
        ) {
          const { abandoned, ...life } = lifeIn(entries, row.cart_key);
          const { first, last, ...expected } = lifeOf(row, asOf);
          expect({ seed, ...life }).toEqual({ seed, ...expected });
          expect({ seed, first: abandoned[0] ?? 0, last: abandoned.at(-1) ?? 0 }).toEqual({ seed, first, last });
          told.carts.add(row.cart_key);
        }
        if (row.kind === 'order') {
          const mine = entries.filter((entry) => entry.kind === 'order' && entry.id === row.order_id);
          expect(mine.length).toBeLessThanOrEqual(1);
          for (const { rule, cart_key, at, visitor_id } of mine) {
            expect([Date.parse(at), visitor_id]).toEqual([row.ordered_at, row.visitor_id]);
            if (row.cart_key === '') expect(rule).toBe(row.without_cart_reason);
            else expect([rule.slice(0, 13), cart_key]).toEqual(['order_joined_', row.cart_key]);
            told.orders.add(row.order_id);
          }
        }
      }
      for (const entry of entries) if (entry.kind === 'refund') told.refunds.add(entry.id);
    };

    for (const visitor_id of new Set(events.map((event) => event.visitor_id))) {
      const { entries } = buildTimeline(shop, { visitor_id });
      const mine = passed.history.visitors.get(visitor_id)?.entries ?? [];
      const toldEvents = entries.filter((entry) => entry.kind === 'event');
      expect(toldEvents.map(({ at, id, what, cart_key }) => [Date.parse(at), id, what, cart_key])).toEqual(
        mine.map(({ event, time }) => {
          return [time, event.event_id, event.type, keyOf.get(event) ?? null];
        }),
      );
      check(entries);
    }
    expect({ seed, carts: told.carts.size }).toEqual({ seed, carts: passed.carts.length });
    expect({ seed, orders: told.orders.size }).toEqual({ seed, orders: passed.orders.length });
    for (const cart of passed.carts) {
      const { entries } = buildTimeline(shop, { cart_key: printedCartKey(cart) });
      const toldEvents = entries.filter((entry) => entry.kind === 'event' && entry.cart_key === printedCartKey(cart));
      expect({ seed, n: toldEvents.length }).toEqual({ seed, n: cart.entries.length });
      expect(new Set(toldEvents.map(({ id, visitor_id, at }) => `${id} ${visitor_id} ${at}`)).size).toBe(
        toldEvents.length,
      );
      check(entries);
    }
  }
});

it('every rule and state is met on random histories, and no other', () => {
  const rules = new Set<string>();
  const states = new Set<string>();
  for (let seed = 0; seed < 600; seed++) {
    const shop = shopOf(seed, 60);
    for (const visitor_id of new Set(shop.events.map((event) => event.visitor_id)))
      for (const { rule, kind, what, explanation } of buildTimeline(shop, { visitor_id }).entries) {
        rules.add(rule);
        if (kind === 'state') states.add(what);
        expect(explanation).toMatch(/^\S.*\.$/);
      }
  }
  expect(rules).toEqual(new Set(Object.keys(TIMELINE_RULES)));
  expect(states).toEqual(new Set(TIMELINE_STATES));
});
