import { expect, it } from 'vitest';
import { DAY_MS } from '../definition.ts';
import { reference } from '../reference/reports.ts';
import { keptOf } from '../testing.ts';
import { buildLedger } from './build.ts';
import { createCalendar } from './calendar.ts';
import type { KeptEvent } from './kept-event.ts';
import { rowKey } from './row-key.ts';
import type { LedgerRow } from './rows.ts';
import { foldReports } from './test-fold.ts';
import { createRandom, randomDefinition, randomHistory } from './test-histories.ts';

const SEEDS = Array.from({ length: 20 }, (_, i) => i * 100);

/** Bigints as numbers: the histories' sums are small. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)));

const byKey = (rows: readonly LedgerRow[]): Map<string, LedgerRow> =>
  new Map(rows.map((row) => [`${row.node} ${row.kind} ${rowKey(row)}`, row]));

/** The connected parts of a history. */
const componentsOf = (events: readonly KeptEvent[]): KeptEvent[][] => {
  let parts: { nodes: Set<string>; events: KeptEvent[] }[] = [];
  for (const event of events) {
    const { visitor_id, cart_id, order_id } = event;
    const nodes = [`v${visitor_id}`, cart_id && `c${cart_id}`, order_id && `o${order_id}`].filter((node) => !!node);
    const touching = parts.filter((part) => nodes.some((node) => part.nodes.has(node ?? '')));
    parts = parts.filter((part) => !touching.includes(part));
    parts.push({
      nodes: new Set([...nodes.map(String), ...touching.flatMap((part) => [...part.nodes])]),
      events: [event, ...touching.flatMap((part) => part.events)],
    });
  }
  return parts.map((part) => part.events);
};

it.each(SEEDS)('ledgers folded equal the reference on random histories (seeds from %d)', (first) => {
  for (let seed = first; seed < first + 100; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const deliveries = randomHistory(random, 1 + random.below(40));
    const last = Math.max(...deliveries.map((delivery) => delivery.received_at));
    const asOf = last + random.pick([0, 1_799_999, 3_600_000, 3 * DAY_MS, 60 * DAY_MS]);
    const day = (ms: number): string => createCalendar(definition.time_zone).dayOf(ms);
    const anyTime = (): number => random.pick([deliveries[0], ...deliveries])?.occurred_at ?? 0;
    const [from = '', to = ''] = random.chance(0.5)
      ? ['2026-01-01', '2036-01-01']
      : [day(anyTime()), day(anyTime())].toSorted((a, b) => (a < b ? -1 : 1));

    const rows = buildLedger({ events: keptOf(deliveries), definition, days: createCalendar(definition.time_zone) });
    const { funnels, revenue, ...others } = reference({ deliveries, definition, asOf, from, to });
    const { funnel, revenue: folded, ...ours } = foldReports(rows, { definition, asOf, from, to });
    const nameless = (value: unknown) =>
      JSON.parse(JSON.stringify(plain(value), (key, part: unknown) => (key === 'name' ? undefined : part)));
    expect({ seed, funnel, ...folded, ...ours }).toEqual(
      nameless({ seed, funnel: funnels, currencies: revenue, ...others }),
    );
  }
});

it('components computed alone give the rows they give together, in whatever order events come', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const events = keptOf(randomHistory(random, 60, 12));
    const days = createCalendar(definition.time_zone);
    const together = byKey(buildLedger({ events, definition, days }));
    const parts = componentsOf(events);
    const apart = byKey(
      parts.flatMap((part) =>
        buildLedger({ events: part.toReversed(), definition, days: createCalendar(days.timeZone) }),
      ),
    );
    expect({ seed, rows: apart }).toEqual({ seed, rows: together });
  }
});

it('no two rows of a node and kind share a key', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const events = keptOf(randomHistory(random, 60));
    const rows = buildLedger({ events, definition, days: createCalendar(definition.time_zone) });
    expect({ seed, keys: byKey(rows).size }).toEqual({ seed, keys: rows.length });
  }
});
