import { expect, it } from 'vitest';
import {
  BREAKDOWNS,
  type Breakdown,
  DAY_MS,
  type Definition,
  type DefinitionVersion,
  type Funnel,
  funnelKey,
  versionInForce,
} from '../definition.ts';
import { reference } from '../reference/reports.ts';
import { createRandom, keptOf, type Random, randomDefinition, randomHistory, randomVersions } from '../testing.ts';
import { buildLedger } from './build.ts';
import { createCalendar } from './calendar.ts';
import type { KeptEvent } from './kept-event.ts';
import { compareUtf8 } from './order-of-events.ts';
import { rowKey } from './row-key.ts';
import type { LedgerRow } from './rows.ts';
import { foldReports } from './test-fold.ts';
import { type Days, foldBreakdown, foldFunnel } from './test-fold-funnel.ts';

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

/** The days' one set of stages; null when the versions in force on them differ in stages or do not all keep the funnel. */
const countedBy = (versions: readonly DefinitionVersion[], funnel: Funnel, { from, to }: Days): Definition | null => {
  const turns = versions.map((version) => version.from).filter((day) => day !== null && day > from && day <= to);
  const met = [...new Set([from, ...turns])].map((day) => versionInForce(versions, day ?? from));
  const stages = new Set(met.map((d) => JSON.stringify([d.stages, d.stage_predicates])));
  const keep = met.every((d) => d.funnels.some((other) => funnelKey(other) === funnelKey(funnel)));
  return stages.size === 1 && keep ? (met[0] ?? null) : null;
};

const anyBreakdown = (random: Random): Breakdown =>
  random.pick<Breakdown>(['property:plan', 'property:n', 'property:flag', ...BREAKDOWNS]);

it.each(SEEDS)('ledgers folded equal the reference on random histories (seeds from %d)', (first) => {
  for (let seed = first; seed < first + 100; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const deliveries = randomHistory(random, 1 + random.below(40), 3, definition.time_zone);
    const all = randomVersions(random, definition, deliveries);
    const events = keptOf(deliveries);
    const last = Math.max(...events.map((event) => event.event_time));
    const asOf = last + random.pick([0, 1_799_999, 3_600_000, 3 * DAY_MS, 60 * DAY_MS]);
    const days = createCalendar(definition.time_zone);
    const anyTime = (): number => random.pick([events[0], ...events])?.event_time ?? 0;
    const [from = '', to = ''] = random.chance(0.4)
      ? ['2018-01-01', '2036-01-01']
      : [days.dayOf(anyTime()), days.dayOf(anyTime())].toSorted((a, b) => (a < b ? -1 : 1));
    const asked = random.chance(0.2) ? random.pick([all[0], ...all])?.definition : undefined;
    const breakdown = anyBreakdown(random);
    const breakdownValues = random.pick([1, 2, 3, 10]);

    const said = reference({
      ...{ deliveries, definition, versions: all, asOf, from, to, breakdown, breakdownValues },
      ...(asked ? { definitionVersion: asked.version } : {}),
    });
    const rows = buildLedger({ events, definition, versions: all, days });
    const { funnel: _, revenue, ...folded } = foldReports(rows, { definition, asOf, from, to });
    const { abandonment, details, carts, orders } = said;
    const byOrderDay = foldReports(rows, { definition, asOf, from, to, refundsOn: 'order' }).revenue.currencies;
    expect({ seed, ...folded, ...revenue, byOrderDay }).toEqual(
      plain({
        seed,
        ...{ abandonment, details, carts, orders, currencies: said.revenue },
        byOrderDay: said.byOrderDay.revenue,
      }),
    );

    const versions = asked ? [{ from: null, definition: asked }] : all;
    const journeys = (asked ? buildLedger({ events, definition, versions, days }) : rows).filter(
      (row) => row.kind === 'journey',
    );
    const funnels = (asked ?? definition).funnels.map((funnel) => {
      const by = countedBy(versions, funnel, { from, to });
      return {
        refused: by === null,
        stages: by ? foldFunnel(journeys, funnel, by, { from, to }) : [],
        breakdown: by ? foldBreakdown(journeys, funnel, by, breakdown, breakdownValues, { from, to }) : null,
      };
    });
    const expected = said.funnels.map((stages, i) => ({
      refused: said.conflicts[i] !== null,
      stages,
      breakdown: said.breakdown?.[i],
    }));
    expect({ seed, funnels }).toEqual({ seed, funnels: expected });
  }
});

it('components computed alone give the rows they give together, in whatever order events come', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const deliveries = randomHistory(random, 60, 12, definition.time_zone);
    const versions = randomVersions(random, definition, deliveries);
    const events = keptOf(deliveries);
    const days = createCalendar(definition.time_zone);
    const together = byKey(buildLedger({ events, definition, versions, days }));
    const parts = componentsOf(events);
    const apart = byKey(
      parts.flatMap((part) =>
        buildLedger({ events: part.toReversed(), definition, versions, days: createCalendar(days.timeZone) }),
      ),
    );
    expect({ seed, rows: apart }).toEqual({ seed, rows: together });
  }
});

it('no two rows of a node and kind share a key', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const definition = randomDefinition(random);
    const deliveries = randomHistory(random, 60, 3, definition.time_zone);
    const versions = randomVersions(random, definition, deliveries);
    const days = createCalendar(definition.time_zone);
    const rows = buildLedger({ events: keptOf(deliveries), definition, versions, days });
    expect({ seed, keys: byKey(rows).size }).toEqual({ seed, keys: rows.length });
  }
});

it('an order’s session_unit is the session of its visitor whose journeys count it', () => {
  let orders = 0;
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const definition = { ...randomDefinition(random), stages: ['purchase'], stage_predicates: {} };
    const deliveries = randomHistory(random, 60, 3, definition.time_zone);
    const rows = buildLedger({ events: keptOf(deliveries), definition, days: createCalendar(definition.time_zone) });
    const journeys = rows
      .filter((row) => row.kind === 'journey')
      .filter((row) => row.funnel.startsWith('session/open/'));
    const real = rows.filter((row) => row.kind === 'order').filter((row) => !row.test);
    const counted = (of: readonly { unit: string; visitor_id: string }[]) =>
      [...new Set(of.map(({ unit, visitor_id }) => `${visitor_id} ${unit}`))].toSorted(compareUtf8);
    expect({
      seed,
      units: counted(real.map((row) => ({ unit: row.session_unit, visitor_id: row.visitor_id }))),
    }).toEqual({ seed, units: counted(journeys.map((row) => ({ unit: row.unit_id, visitor_id: row.visitor_id }))) });
    orders += real.length;
  }
  expect(orders).toBeGreaterThan(300);
});
