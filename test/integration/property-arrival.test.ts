/**
 * However a history arrives (in batches cut anywhere, shuffled, duplicated, late, replayed; taken in by aggregators
 * that bite off little or much; of some stores the definition changes in between), its reports are those of one clean
 * run, ledger row by ledger row and in every kind of report, and at every cut those of what had come by then. While a new definition is worked in, each report is refused or
 * right by the old definition or by the new one.
 */
import type { AggregatorConfig } from '@cartledger/aggregator';
import { defineQuery } from '@cartledger/clickhouse';
import type { Store } from '@cartledger/control';
import type { Delivery } from '@cartledger/events';
import { type DefinitionVersion, stringifyExact } from '@cartledger/funnel';
import type { Random } from '@cartledger/funnel/testing';
import { createQuality, createReports, type Quality, type ReportQuery, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { createWorld, type World } from './aggregator-world.ts';
import { findingsWhileChanging } from './property-changing.ts';
import { told } from './property-check.ts';
import { findingsOf, KINDS } from './property-findings.ts';
import {
  ARRIVALS,
  changeOf,
  type History,
  historyOf,
  type Question,
  questionOf,
  replay,
  seedsOf,
} from './property-history.ts';
import { createStore, defineStore, fxRates, loadRates } from './property-stores.ts';

const ROUNDS = 2;
const PAGE = 25;
const AT_ONCE = 4;
/** Of a page so many get another definition between the rounds. */
const CHANGING = 5;
/** In every other page the next round arrives when so many runs have begun to work it in. */
const RUNS_BEFORE_ARRIVAL = 3;
/** At a cut, of so many stores of a page one kind of report is asked for. */
const CUTS_ASKED = 0.4;

let world: World;
let reports: Reports;
let quality: Quality;

beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), Date.now);
  reports = createReports({ clickhouse: world.clickhouse });
  quality = createQuality({ clickhouse: world.clickhouse, rejections: async () => [] });
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
  { pageVisitors: 80, maxEvents: 200 },
  { maxTouches: 250, maxBacklogTouches: 250, maxEvents: 400 },
];

const aggregate = async (config: Partial<AggregatorConfig> = {}): Promise<void> => {
  await using aggregator = world.aggregator(config);
  while ((await aggregator.runOnce()) !== 'done');
};

/** What is reported of a store, as text: funnels of every unit and mode, and the other reports, in their turn. */
const printed = async (
  turn: number,
  { store_id, definition, versions }: Store,
  { asOf, from, to }: Question,
): Promise<string> => {
  const ask: ReportQuery = { store_id, definition, versions, from, to, as_of: asOf };
  const { version: definition_version, funnels } = definition;
  const others: readonly (() => Promise<object>)[] = [
    () => reports.abandonment(ask),
    () => reports.revenue(ask),
    () => reports.revenue({ ...ask, refunds_on: 'order' }),
    () => reports.pipeline({ ...ask, definition_version }),
    () => quality(ask),
  ];
  const all: object[] = [];
  for (const k of [turn, turn + 5]) {
    const funnel = funnels[k % funnels.length];
    if (funnel) all.push(await reports.funnel({ ...ask, ...funnel, breakdown: 'visitor', definition_version }));
  }
  for (const k of [turn, turn + 1]) all.push((await others[k % others.length]?.()) ?? {});
  return stringifyExact(all.map((report) => ({ ...report, store_id: '' })));
};

/** The ledgers of many stores, as text. */
const ledgersOf = async (stores: readonly string[]): Promise<Map<string, string>> => {
  const rows = await world.clickhouse.query(ledgersQuery, { stores: [...stores] });
  const ledgers = new Map<string, string>();
  for (const { store_id, row } of rows) ledgers.set(store_id, `${ledgers.get(store_id) ?? ''}${row}\n`);
  return ledgers;
};

const ledgersQuery = defineQuery({
  name: 'test.ledgers',
  sql: `SELECT store_id, toJSONString(tuple(* EXCEPT (store_id, version, definition_version, is_deleted))) AS row
    FROM ledger_rows FINAL WHERE store_id IN {stores:Array(String)} ORDER BY store_id, kind, node, key`,
  params: z.object({ stores: z.array(z.string()) }),
  row: z.object({ store_id: z.string(), row: z.string() }),
});

type Made = {
  history: History;
  clean: Store;
  pieces: Store;
  rounds: Delivery[][];
  change: DefinitionVersion | null;
};

const rebuilding = async (): Promise<string[]> =>
  Object.keys(z.record(z.string(), z.unknown()).parse((await world.control.state.get('aggregator/rebuilds')) ?? {}));

/**
 * Defines the stores anew and works that in, run by run of little bites. Between the runs reports are asked for, most
 * often of a store that is being rebuilt.
 */
const changeAll = async (made: readonly Made[], maxRuns: number) => {
  const found: Record<string, string[]> = {};
  let refused = 0;
  const stores: { one: Made; before: Store }[] = [];
  for (const one of made) {
    if (!one.change) continue;
    stores.push({ one, before: one.pieces });
    one.pieces = await defineStore(world, one.pieces.store_id, one.change);
  }
  const ask = async ({ one, before }: (typeof stores)[number], run: number): Promise<void> => {
    const { history, pieces, rounds } = one;
    const { seed, random } = history;
    const deliveries = rounds[0] ?? [];
    if (deliveries.length === 0) return;
    const question = questionOf(random, pieces, deliveries);
    const kind = random.pick(KINDS);
    const findings = await findingsWhileChanging(
      { reports, deliveries, question, fxRates },
      { before, now: pieces, seed: random.below(2 ** 31) },
      kind,
    );
    if (findings === 'refused') refused++;
    else if (findings.length > 0) found[`run ${run}, ${replay(seed)}`] = told(question, findings);
  };
  for (const store of stores) await ask(store, 0);
  await using aggregator = world.aggregator({ pageVisitors: 8, maxEvents: 200, rollupMs: 0 });
  for (let run = 1; run <= maxRuns; run++) {
    const outcome = await aggregator.runOnce();
    const [first] = await rebuilding();
    const store = stores.find(({ one }) => one.pieces.store_id === first) ?? stores[run % stores.length];
    if (store) await ask(store, run);
    if (outcome === 'done') break;
  }
  return { found, refused };
};

const seeds = seedsOf(1, ARRIVALS);
const pages = Array.from({ length: Math.ceil(seeds.length / PAGE) }, (_, i) => ({
  first: i * PAGE,
  page: seeds.slice(i * PAGE, (i + 1) * PAGE),
}));

test.each(pages)(
  'reports do not depend on how histories arrive: store $first and on',
  async ({ first, page }) => {
    const histories = page.map(historyOf);
    const made: Made[] = [];
    for (const [i, history] of histories.entries()) {
      const { seed, random, deliveries } = history;
      const change = i < CHANGING ? changeOf(random, deliveries) : null;
      made.push({
        history,
        clean: await createStore(world, `clean-${seed}`, [...history.versions, ...(change ? [change] : [])]),
        pieces: await createStore(world, `pieces-${seed}`, history.versions),
        rounds: roundsOf(random, deliveries),
        change,
      });
    }
    await world.deliver(
      made.flatMap(({ clean, history }) => history.deliveries.map((d) => ({ ...d, store_id: clean.store_id }))),
    );
    await aggregate();

    const found: Record<string, unknown> = {};
    const each = async (work: (one: Made) => Promise<void>): Promise<void> => {
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
        const question = questionOf(random, pieces, deliveries);
        const asked = { reports, store: pieces, deliveries, question, fxRates, random };
        const findings = await findingsOf(asked, [random.pick(KINDS)]);
        if (findings.length > 0) found[`cut ${round}, ${replay(seed)}`] = told(question, findings);
      });
      if (round > 0) continue;
      const changed = await changeAll(made, (first / PAGE) % 2 === 0 ? Number.POSITIVE_INFINITY : RUNS_BEFORE_ARRIVAL);
      Object.assign(found, changed.found);
      if (page.length >= CHANGING) expect(changed.refused).toBeGreaterThan(0);
    }
    const ledgers = await ledgersOf(made.flatMap(({ clean, pieces }) => [clean.store_id, pieces.store_id]));
    for (const { history, clean, pieces } of made) {
      const [expected, actual] = [ledgers.get(clean.store_id), ledgers.get(pieces.store_id)];
      if (expected !== actual) found[`ledgers, ${replay(history.seed)}`] = { expected, actual };
    }
    expect(ledgers.size).toBeGreaterThan(0);
    await each(async ({ history: { seed, random, deliveries }, clean, pieces }) => {
      const question = questionOf(random, pieces, deliveries);
      const turn = seeds.indexOf(seed);
      const [expected, actual] = [await printed(turn, clean, question), await printed(turn, pieces, question)];
      if (expected !== actual) found[replay(seed)] = { question, expected, actual };
    });
    expect(found).toEqual({});
  },
  600_000,
);
