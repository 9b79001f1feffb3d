/**
 * However a history arrives (in batches cut anywhere, shuffled, duplicated, late, replayed; taken in by aggregators
 * that bite off little or much), its reports are those of one clean run, and at every cut those of what had come by
 * then.
 */
import type { AggregatorConfig } from '@cartledger/aggregator';
import type { Store } from '@cartledger/control';
import type { Delivery } from '@cartledger/events';
import { stringifyExact } from '@cartledger/funnel';
import type { Random } from '@cartledger/funnel/testing';
import { createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createWorld, type World } from './aggregator-world.ts';
import { told } from './property-check.ts';
import { findingsOf } from './property-findings.ts';
import { ARRIVALS, type History, historyOf, type Question, questionOf, replay, seedsOf } from './property-history.ts';
import { createStore, fxRates, loadRates } from './property-stores.ts';

const ROUNDS = 2;
const PAGE = 25;
const AT_ONCE = 4;
/** At a cut few reports are asked for: there are many cuts. */
const SHARES_AT_CUTS = { funnel: 0.5, carts: 0.2, revenue: 0.2, pipeline: 0.1, explain: 0.1 };
/** Asked for in the end. */
const FUNNELS = 1;
const CUTS_ASKED = 0.15;

let world: World;
let reports: Reports;

beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), Date.now);
  reports = createReports({ clickhouse: world.clickhouse });
  await loadRates(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Round by round what arrives: each delivery in any round, some again in later ones, as they were or received anew. */
const roundsOf = (random: Random, deliveries: readonly Delivery[]): Delivery[][] => {
  const rounds = Array.from({ length: ROUNDS }, (): Delivery[] => []);
  let latest = Math.max(...deliveries.map(({ received_at }) => received_at));
  for (const delivery of deliveries) {
    const first = random.below(ROUNDS);
    rounds[first]?.push(delivery);
    for (let again = first; again < ROUNDS; again++) {
      if (random.chance(0.15)) rounds[again]?.push(delivery);
      latest += 1;
      if (random.chance(0.1)) rounds[again]?.push({ ...delivery, received_at: latest });
    }
  }
  return rounds;
};

/** What makes an aggregator cut the same work otherwise. */
const APPETITES: readonly Partial<AggregatorConfig>[] = [
  { pageVisitors: 20, maxEvents: 50 },
  { maxTouches: 60, maxBacklogTouches: 60, maxEvents: 100 },
];

const aggregate = async (config: Partial<AggregatorConfig> = {}): Promise<void> => {
  await using aggregator = world.aggregator(config);
  while ((await aggregator.runOnce()) !== 'done');
};

/** Everything that is reported of a store, as text. */
const printed = async ({ store_id, definition, versions }: Store, { asOf, from, to }: Question): Promise<string> => {
  const query: ReportQuery = { store_id: '', definition, versions, from, to, as_of: asOf };
  const ask = { ...query, store_id };
  const all: object[] = [];
  for (const funnel of definition.funnels.slice(0, FUNNELS))
    all.push(await reports.funnel({ ...ask, ...funnel, breakdown: 'visitor', definition_version: definition.version }));
  all.push(await reports.abandonment(ask), await reports.revenue(ask));
  return stringifyExact(all.map((report) => ({ ...report, store_id: '' })));
};

const seeds = seedsOf(1, ARRIVALS);
const pages = Array.from({ length: Math.ceil(seeds.length / PAGE) }, (_, i) => ({
  first: i * PAGE,
  page: seeds.slice(i * PAGE, (i + 1) * PAGE),
}));

test.each(pages)(
  'reports do not depend on how histories arrive: number $first and on',
  async ({ page }) => {
    const histories = page.map(historyOf);
    const made: { history: History; clean: Store; pieces: Store; rounds: Delivery[][] }[] = [];
    for (const history of histories)
      made.push({
        history,
        clean: await createStore(world, `clean-${history.seed}`, history.versions),
        pieces: await createStore(world, `pieces-${history.seed}`, history.versions),
        rounds: roundsOf(history.random, history.deliveries),
      });
    await world.deliver(
      made.flatMap(({ clean, history }) => history.deliveries.map((d) => ({ ...d, store_id: clean.store_id }))),
    );
    await aggregate();

    const found: Record<string, unknown> = {};
    const each = async (work: (one: (typeof made)[number]) => Promise<void>): Promise<void> => {
      const waiting = [...made];
      const worker = async (): Promise<void> => {
        for (let one = waiting.shift(); one; one = waiting.shift()) await work(one);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    };

    for (let round = 0; round < ROUNDS; round++) {
      const arriving = made.flatMap(({ pieces, rounds }) =>
        (rounds[round] ?? []).map((d) => ({ ...d, store_id: pieces.store_id })),
      );
      // Two batches a round, the second a part of it anew, as after a crash.
      await world.deliver(arriving);
      await world.deliver(arriving.slice(0, Math.ceil(arriving.length / 3)));
      await aggregate(APPETITES[round]);
      await each(async ({ history: { seed, random }, pieces, rounds }) => {
        const deliveries = rounds.slice(0, round + 1).flat();
        if (deliveries.length === 0 || !random.chance(CUTS_ASKED)) return;
        const question = questionOf(random, pieces.definition.time_zone, deliveries);
        const findings = await findingsOf(
          { reports, store: pieces, deliveries, question, fxRates, random },
          SHARES_AT_CUTS,
        );
        if (findings.length > 0) found[`cut ${round}, ${replay(seed)}`] = told(question, findings);
      });
    }
    await each(async ({ history: { seed, random, deliveries }, clean, pieces }) => {
      const question = questionOf(random, pieces.definition.time_zone, deliveries);
      const [expected, actual] = [await printed(clean, question), await printed(pieces, question)];
      if (expected !== actual) found[replay(seed)] = { question, expected, actual };
    });
    expect(found).toEqual({});
  },
  240_000,
);
