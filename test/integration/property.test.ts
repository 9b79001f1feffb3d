/**
 * Generated histories in a real ClickHouse: what SQL reports is what the reference engine says. Up to thirteen histories share
 * a store; a page of stores is loaded at once. Of some the events go the whole way through the real aggregator; of most,
 * because that takes a while for each store, the rows that the product's ledger engine makes are written in bulk as the
 * product writes them, and the real aggregator rolls them up. Every store is asked for every kind of report and explanation.
 * CARTLEDGER_PROPERTY_HISTORIES=50000 runs more, CARTLEDGER_PROPERTY_SEED=n others; 40 to a store with CARTLEDGER_PROPERTY_LIVES=40.
 */
import type { Store } from '@cartledger/control';
import { createReports, type Reports } from '@cartledger/reports';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createWorld, type World } from './aggregator-world.ts';
import { told } from './property-check.ts';
import { findingsOf, type Kind } from './property-findings.ts';
import { HISTORIES, historyOf, questionOf, replay, seedsOf } from './property-history.ts';
import { createStore, fxRates, loadRates, writeLedgers } from './property-stores.ts';

const PAGE = 25;
/** Of a page so many go the whole way. */
const AGGREGATED = 3;
/** How many stores are asked at a time. */
const AT_ONCE = 4;
/** Each with a T and a period of its own. */
const ASKED: readonly (readonly Kind[])[] = [
  ['funnel', 'carts', 'explain'],
  ['funnel', 'revenue', 'pipeline', 'explain'],
  ['funnel', 'explain'],
];

let world: World;
let reports: Reports;

beforeAll(async () => {
  world = await createWorld(inject('clickhouseUrl'), Date.now);
  reports = createReports({ clickhouse: world.clickhouse });
  await loadRates(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const seeds = seedsOf(0, HISTORIES);
const pages = Array.from({ length: Math.ceil(seeds.length / PAGE) }, (_, i) => ({
  first: i * PAGE,
  page: seeds.slice(i * PAGE, (i + 1) * PAGE),
}));

test.each(pages)(
  'reports by SQL equal the reference on generated histories, from store $first on',
  async ({ page }) => {
    const histories = page.map(historyOf);
    const aggregated = histories.slice(0, AGGREGATED);
    const stores = new Map<number, Store>();
    for (const history of aggregated)
      stores.set(history.seed, await createStore(world, `history-${history.seed}`, history.versions));
    await world.deliver(
      aggregated.flatMap(({ seed, deliveries }) => deliveries.map((d) => ({ ...d, store_id: `history-${seed}` }))),
    );
    const others = histories.slice(AGGREGATED);
    for (const [i, store] of (await writeLedgers(world, others)).entries()) stores.set(others[i]?.seed ?? 0, store);
    await using aggregator = world.aggregator();
    while ((await aggregator.runOnce()) !== 'done');
    expect(await world.dirtyDays()).toBe(0);

    const found: Record<string, string[]> = {};
    const waiting = [...histories];
    const worker = async (): Promise<void> => {
      for (let history = waiting.shift(); history; history = waiting.shift()) {
        const { seed, deliveries, random } = history;
        const store = stores.get(seed);
        if (!store) throw new Error(`no store of ${seed}`);
        for (const kinds of ASKED) {
          const question = questionOf(random, store, deliveries);
          const findings = await findingsOf({ reports, store, deliveries, question, fxRates, random }, kinds);
          if (findings.length > 0) found[replay(seed)] = [...(found[replay(seed)] ?? []), ...told(question, findings)];
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(found).toEqual({});
  },
  600_000,
);
