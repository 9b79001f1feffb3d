/** How long reports of 90 days take, and how that grows with the ledgers. See README.md. */
import { defineQuery } from '@cartledger/clickhouse';
import { createCalendar, DAY_MS, type Funnel, HOUR_MS } from '@cartledger/funnel';
import { createReports, type ReportQuery, type Reports } from '@cartledger/reports';
import { z } from 'zod';
import { percentile, spreadOf } from './machine.ts';
import { readOptions } from './options.ts';
import { print } from './output.ts';
import { DAYS, openShop, type Shop, STORE_ID, simulate } from './shop.ts';

const options = readOptions('reports', {
  events: { type: 'string', default: '1000000' },
  /** Measured again with the ledger rows of so many such shops in one. */
  times: { type: 'string', default: '1' },
  calls: { type: 'string', default: '60' },
  repeat: { type: 'string', default: '3' },
  json: { type: 'boolean', default: false },
});
const EVENTS = Number(options.events);
const TIMES = Number(options.times);
const CALLS = Number(options.calls);
const REPEAT = Number(options.repeat);

const COUNTS_ALONE: Funnel = { unit: 'visitor', mode: 'open', window_ms: 7 * DAY_MS };
const ORDERED: Funnel = { unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS };

const CASES: readonly [string, (reports: Reports, query: ReportQuery) => Promise<unknown>][] = [
  ['funnel, counts (open mode has no times)', (reports, query) => reports.funnel({ ...query, ...COUNTS_ALONE })],
  ['funnel, counts and medians', (reports, query) => reports.funnel({ ...query, ...ORDERED })],
  ['funnel, counts by device', (reports, query) => reports.funnel({ ...query, ...COUNTS_ALONE, breakdown: 'device' })],
  [
    'funnel, counts and medians by product',
    (reports, query) => reports.funnel({ ...query, ...ORDERED, breakdown: 'product' }),
  ],
  ['abandonment, with medians and products', (reports, query) => reports.abandonment(query)],
  ['revenue', (reports, query) => reports.revenue(query)],
  ['revenue, refunds on the order’s day', (reports, query) => reports.revenue({ ...query, refunds_on: 'order' })],
  ['pipeline, with medians', (reports, query) => reports.pipeline(query)],
];

const rowsQuery = defineQuery({
  name: 'bench.rows',
  sql: 'SELECT count() AS n FROM ledger_rows',
  params: z.object({}),
  row: z.object({ n: z.coerce.number() }),
});

const measure = async (shop: Shop, reports: Reports, to: string, from: string, events: number): Promise<void> => {
  const { definition, versions } = shop.store;
  const query: ReportQuery = { store_id: STORE_ID, definition, versions, from, to };
  const rows: Parameters<typeof print>[1][number][] = [];
  for (const [what, ask] of CASES) {
    const p95s: number[] = [];
    const medians: number[] = [];
    for (let i = 0; i < REPEAT; i++) {
      await ask(reports, query);
      const times: number[] = [];
      for (let call = 0; call < CALLS; call++) {
        const begun = performance.now();
        await ask(reports, query);
        times.push(performance.now() - begun);
      }
      p95s.push(percentile(times, 0.95));
      medians.push(percentile(times, 0.5));
    }
    rows.push({ what: `${what}: p95`, unit: 'ms', ...spreadOf(p95s) });
    rows.push({ what: `${what}: median`, unit: 'ms', ...spreadOf(medians) });
  }
  const [ledger] = await shop.clickhouse.setup.query(rowsQuery, {});
  const notes = { events, ledger_rows: ledger?.n, days: DAYS, calls: CALLS, repeat: REPEAT };
  print(`reports of ${DAYS} days over the ledgers of ${events} events`, rows, notes, options.json);
};

/** The ledger rows once more under other units. */
const copyLedger = async (shop: Shop, copy: number): Promise<void> => {
  // Which no key of the simulator ends with: only the first rows are copied.
  const other = `~copy${copy}`;
  await shop.clickhouse.setup.command(
    `INSERT INTO ledger_rows SELECT * REPLACE (
       node + {copy:UInt64} AS node, concat(key, {other:String}) AS key, concat(unit_id, {other:String}) AS unit_id,
       concat(visitor_id, {other:String}) AS visitor_id, if(order_id = '', '', concat(order_id, {other:String})) AS order_id,
       concat(session_unit, {other:String}) AS session_unit)
     FROM (SELECT * FROM ledger_rows FINAL WHERE position(key, '~copy') = 0)`,
    { copy, other },
  );
};

/**
 * All days anew by another aggregator, which asks the database which are dirty: rollups that count the copies too. It is
 * never later than when the first one ran, so that no slice of the sweep is due, which would take the copies away.
 */
const rollAnew = async (shop: Shop): Promise<void> => {
  await shop.clickhouse.setup.command(
    `INSERT INTO dirty_days (store_id, rollup, day, version, dirty)
     SELECT store_id, rollup, day, version + 1, true FROM dirty_days FINAL`,
  );
  await using aggregator = shop.aggregator({}, undefined, () => to);
  while ((await aggregator.runOnce()) !== 'done');
};

await using shop = await openShop({ funnels: [COUNTS_ALONE] });
const to = Date.now() - HOUR_MS;
await shop.load(simulate(EVENTS, to));
{
  await using aggregator = shop.aggregator({}, undefined, () => to);
  while ((await aggregator.runOnce()) !== 'done');
}
const { dayOf } = createCalendar(shop.store.definition.time_zone);
const [last, first] = [dayOf(to), dayOf(to - (DAYS - 1) * DAY_MS)];
const reports = createReports({ clickhouse: shop.clickhouse.reports });
const events = await shop.count();
await measure(shop, reports, last, first, events);
if (TIMES > 1) {
  for (let copy = 1; copy < TIMES; copy++) await copyLedger(shop, copy);
  await shop.clickhouse.setup.command('OPTIMIZE TABLE ledger_rows FINAL');
  await rollAnew(shop);
  await measure(shop, reports, last, first, events * TIMES);
}
