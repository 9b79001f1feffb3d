/** Shops whose ledgers are made anew: what readers see of them, and how far it is. */
import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { DefinitionInput } from '@cartledger/control';
import { createReports, type ReportQuery } from '@cartledger/reports';
import { inject } from 'vitest';
import { z } from 'zod';
import { add, event } from './aggregator-events.ts';
import { createWorld, type World } from './aggregator-world.ts';

const DAY = '2027-01-10';
export const VISITORS = Array.from({ length: 12 }, (_, i) => `v${i}`);
export const FEWER = ['visit', 'add_to_cart', 'purchase'];

const lastWrite = defineQuery({
  name: 'test.last_write',
  sql: 'SELECT max(version) AS version, max(definition_version) AS named FROM ledger_rows WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ version: z.string(), named: z.int() }),
});

export const bring = async (aggregator: ReturnType<World['aggregator']>): Promise<void> => {
  while ((await aggregator.runOnce()) !== 'done');
};

export const openRebuildShops = async () => {
  const clock = { now: Date.parse('2027-02-01T12:00:00Z') };
  const world = await createWorld(inject('clickhouseUrl'), () => clock.now);
  const reports = createReports({ clickhouse: world.clickhouse });

  const asked = async (store_id: string, from = DAY, to = DAY): Promise<ReportQuery> => {
    const store = await world.control.stores.get(store_id);
    if (!store) throw new Error(`no store ${store_id}`);
    const { definition, versions } = store;
    return { store_id, definition, versions, from, to };
  };

  /** Units by stage, carts ordered and orders; or the code of the refusal, which all reports must agree on. */
  const seen = async (store_id: string): Promise<string> => {
    const query = await asked(store_id);
    const refused = (error: Error) => ('code' in error ? String(error.code) : error.message);
    const answers = await Promise.all([
      reports.funnel(query).then(({ stages }) => stages.map(({ units }) => units).join(), refused),
      reports.abandonment(query).then(({ carts }) => `ordered ${carts.purchased + carts.recovered}`, refused),
      reports
        .revenue(query)
        .then(
          ({ currencies }) => `orders ${Object.entries(currencies).reduce((n, [, { orders }]) => n + orders.count, 0)}`,
          refused,
        ),
      reports.explain('funnel', query, { figure: `stage=${FEWER[0]}` }).then(({ count }) => `listed ${count}`, refused),
    ]);
    return [...new Set(answers)].join(' ');
  };

  const shop = async (store_id: string): Promise<void> => {
    await world.createStore(store_id);
    await world.takenIn(clock.now);
    await world.deliver(
      VISITORS.flatMap((visitor_id, i) => [
        event(i, 'visit', { store_id, visitor_id }),
        add(i + 1, { store_id, visitor_id }),
      ]),
    );
  };

  /** Counts how often a rebuild asks for visitors. */
  const countingPages = () => {
    const counted = { pages: 0 };
    const clickhouse: ClickHouse = {
      ...world.clickhouse,
      query: (query, params) => {
        if (query.name === 'history.visitors') counted.pages++;
        return world.clickhouse.query(query, params);
      },
    };
    return { counted, clickhouse };
  };

  return {
    clock,
    world,
    reports,
    asked,
    seen,
    shop,
    countingPages,
    define: (store_id: string, change: DefinitionInput, from: string | null = null) =>
      world.control.stores.define(store_id, change, from),
    written: (store_id: string) => world.clickhouse.query(lastWrite, { store_id }),
  };
};
export type RebuildShops = Awaited<ReturnType<typeof openRebuildShops>>;
