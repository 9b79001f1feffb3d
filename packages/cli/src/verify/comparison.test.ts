import { type Delivery, eventTime } from '@cartledger/events';
import { type Definition, type RefundsOn, type RevenueReport, reference, stringifyExact } from '@cartledger/funnel';
import { createRandom, randomDefinition, randomHistory } from '@cartledger/funnel/testing';
import { expect, test } from 'vitest';
import { createComparison, notCompared } from './comparison.ts';
import { betweenRuns, cutIntoParts, linesOf } from './parts.ts';
import type { Question } from './questions.ts';
import { createSharing } from './sharing.ts';
import { createSpool } from './spool.ts';

const FROM = '2026-01-01';
const TO = '2036-01-01';

/** What a right server answers. */
const answersOf = (deliveries: readonly Delivery[], definition: Definition, asOf: number): Question => {
  const reports = reference({ deliveries, definition, asOf, from: FROM, to: TO });
  const head = {
    store_id: 's',
    from: FROM,
    to: TO,
    timezone: definition.time_zone,
    as_of: new Date(asOf).toISOString(),
    definition_versions: [1],
    warnings: [],
  };
  const { abandonment, details, byOrderDay, pipeline, funnels, openFrom } = reports;
  if (pipeline === null) throw new Error('one version counts all days');
  const revenueOf = (refunds_on: RefundsOn, { revenue, converted }: typeof byOrderDay): RevenueReport => ({
    ...{ report: 'revenue', ...head, open_from: openFrom.revenue, refunds_on, currencies: revenue, converted },
  });
  return structuredClone({
    from: FROM,
    to: TO,
    abandonment: { report: 'abandonment', ...head, open_from: openFrom.abandonment, ...abandonment, ...details },
    revenue: revenueOf('refund', reports),
    revenueByOrderDay: revenueOf('order', byOrderDay),
    funnels: definition.funnels.map((funnel, i) => ({
      report: 'funnel',
      ...head,
      open_from: openFrom.funnels[i] ?? null,
      ...funnel,
      stages: funnels[i] ?? [],
    })),
    pipeline: { report: 'pipeline', ...head, open_from: openFrom.pipeline, ...pipeline },
  });
};

const inParts = (deliveries: readonly Delivery[], partEvents: number): Delivery[][] => {
  using spool = createSpool();
  const sharing = createSharing(2 ** 16);
  const lines = deliveries
    .toSorted((a, b) => (a.visitor_id < b.visitor_id ? -1 : 1))
    .map((delivery) => `${stringifyExact(delivery)}\n`);
  spool.take(new TextEncoder().encode(lines.join('')), ({ delivery }) => sharing.look(delivery));
  for (const line of spool.read(0, spool.bytes)) sharing.lookAgain(line);
  const { runs, components } = sharing.end();
  const { settled } = cutIntoParts(runs, components, { partEvents, movingNodes: [] });
  const shared = settled.map((part) => [...linesOf(spool, runs, part)].map(({ delivery }) => delivery));
  return [...betweenRuns(spool, runs, partEvents), ...shared];
};

/** Visitors that share nothing but now and then a cart or an order. */
const history = (seed: number) => {
  const random = createRandom(seed);
  const definition = randomDefinition(random);
  const deliveries = Array.from({ length: 8 }, (_, i) =>
    randomHistory(random, 1 + random.below(20)).map((delivery) => ({
      ...delivery,
      visitor_id: `${delivery.visitor_id}-${i}`,
      ...(delivery.cart_id === undefined || random.chance(0.05) ? {} : { cart_id: `${delivery.cart_id}-${i}` }),
      ...(delivery.order_id === undefined || random.chance(0.02) ? {} : { order_id: `${delivery.order_id}-${i}` }),
      ...(delivery.customer_id === undefined ? {} : { customer_id: `${delivery.customer_id}-${i}` }),
    })),
  ).flat();
  return { definition, deliveries, asOf: Math.max(...deliveries.map(eventTime)) + 3_600_000 };
};

test('looked at part by part, reports that are right have no difference', () => {
  let most = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { definition, deliveries, asOf } = history(seed);
    const parts = inParts(deliveries, 20);
    most = Math.max(most, parts.length);
    expect(parts.flat()).toHaveLength(deliveries.length);
    const store = { definition, versions: [{ from: null, definition }] };
    const comparison = createComparison(answersOf(deliveries, definition, asOf), store, asOf);
    for (const part of parts) comparison.add(part);
    expect({ seed, found: comparison.differences() }).toEqual({ seed, found: [] });
  }
  expect(most).toBeGreaterThan(3);
});

test('one wrong count, amount, rate or median is found, and a fork leaves its origin as it was', () => {
  const { definition, deliveries, asOf } = history(7);
  const store = { definition, versions: [{ from: null, definition }] };
  const [first = [], ...others] = inParts(deliveries, 20);
  const wrong = answersOf(deliveries, definition, asOf);
  const [funnel] = wrong.funnels;
  const [stage] = funnel?.stages ?? [];
  const [revenue] = Object.values(wrong.revenue.currencies);
  const [byOrderDay] = Object.values(wrong.revenueByOrderDay.currencies);
  if (!stage || !revenue || !byOrderDay) throw new Error('the history has no stage or no revenue');
  stage.units += 1;
  stage.median_ms_to_next = (stage.median_ms_to_next ?? 0) + 0.5;
  revenue.orders.gross_sales += 1n;
  byOrderDay.orders.refunds += 1n;
  wrong.abandonment.carts.created -= 1;
  wrong.pipeline.open_from = FROM;
  const comparison = createComparison(wrong, store, asOf);
  comparison.add(first);
  const fork = comparison.fork();
  for (const part of others) fork.add(part);
  const places = ({ differences }: typeof fork) => differences().map(({ report, path }) => `${report} ${path}`);
  const [currency] = Object.keys(wrong.revenue.currencies);
  const name = `funnel ${funnel?.unit}/${funnel?.mode}/${funnel?.window_ms}`;
  expect(places(fork)).toEqual([
    `${name} [0].units`,
    'abandonment carts.created',
    `revenue ${currency}.orders.gross_sales`,
    `revenue, refunds_on=order: ${currency}.orders.refunds`,
    'pipeline open_from',
    `${name} stages[0].median_ms_to_next`,
  ]);
  expect(places(comparison).length).toBeGreaterThan(4);
  for (const part of others) comparison.add(part);
  expect(places(comparison)).toEqual(places(fork));
});

test('converted totals are compared where no rate is needed, and said to be left out where one is', () => {
  const { definition, deliveries, asOf } = history(7);
  const foundWith = (all: readonly Delivery[], change: (wrong: Question) => void) => {
    const named = { ...definition, fx_source: 'ecb', currency: 'EUR' };
    const question = answersOf(all, named, asOf);
    change(question);
    const comparison = createComparison(
      question,
      { definition: named, versions: [{ from: null, definition: named }] },
      asOf,
    );
    comparison.add(all);
    return {
      found: comparison.differences().map(({ path }) => path),
      leftOut: notCompared([question]).includes('totals converted at rates of exchange'),
    };
  };
  const wrong = ({ revenue: { converted } }: Question): void => {
    if (!converted?.carts || !converted.orders) throw new Error('nothing was converted');
    converted.carts.left += 1n;
    converted.orders.net -= 1n;
  };
  const home = deliveries.map((delivery) => ({ ...delivery, currency: 'EUR' }));
  expect(foundWith(home, () => undefined)).toEqual({ found: [], leftOut: false });
  expect(foundWith(home, wrong)).toEqual({ found: ['converted.carts.left', 'converted.orders.net'], leftOut: false });
  // Totals missing because of foreign amounts are left out; that there are foreign amounts is not.
  const abroad = deliveries.map((delivery) => ({ ...delivery, currency: 'USD' }));
  expect(foundWith(abroad, () => undefined)).toEqual({ found: [], leftOut: true });
  const denied = ({ revenue: { converted } }: Question): void => {
    converted?.missing.splice(0);
  };
  expect(foundWith(abroad, denied).found).not.toEqual([]);
});
