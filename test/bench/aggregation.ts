/** What aggregation costs: all of it from nothing, one late event, and its share of a loaded ClickHouse. See README.md. */
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_CONFIG } from '@cartledger/aggregator';
import { defineQuery } from '@cartledger/clickhouse';
import { HOUR_MS } from '@cartledger/funnel';
import { createReports } from '@cartledger/reports';
import type { SimulatedEvent } from '@cartledger/simulator';
import { z } from 'zod';
import { type Cost, costOf, cpuSecondsOf, spreadOf } from './machine.ts';
import { readOptions } from './options.ts';
import { print } from './output.ts';
import { openShop, type Shop, STORE_ID, simulate } from './shop.ts';

const options = readOptions('aggregation', {
  events: { type: 'string', default: '1000000' },
  /** That many of them as often, of other customers each time. */
  times: { type: 'string', default: '1' },
  repeat: { type: 'string', default: '3' },
  /** nothing, late, live; all when not given. */
  only: { type: 'string', multiple: true, default: ['nothing', 'late', 'live'] },
  seconds: { type: 'string', default: '180' },
  rate: { type: 'string', default: '1000' },
  json: { type: 'boolean', default: false },
});
const EVENTS = Number(options.events);
const REPEAT = Number(options.repeat);
const LATE_EVENTS = 30;

const untilDone = async (aggregator: ReturnType<Shop['aggregator']>): Promise<void> => {
  while ((await aggregator.runOnce()) !== 'done');
};

/** (a) Ledgers, links and rollups of all events, beginning with none. */
const fromNothing = async (shop: Shop): Promise<void> => {
  const events = await shop.count();
  const costs: Cost[] = [];
  for (let i = 0; i < REPEAT; i++) {
    await shop.forgetAggregation();
    const { control } = await shop.newControl();
    await using aggregator = shop.aggregator({}, control);
    globalThis.gc?.();
    costs.push(await costOf(shop.server.pid, () => untilDone(aggregator)));
  }
  const of = (what: string, unit: string, read: (cost: Cost) => number) => ({
    what,
    unit,
    ...spreadOf(costs.map(read)),
  });
  print(
    `aggregation of ${events} events from nothing`,
    [
      of('events a second', '1/s', ({ seconds }) => events / seconds),
      of('time', 's', ({ seconds }) => seconds),
      of('CPU of Node', 's', (cost) => cost.node_cpu_seconds),
      of('CPU of ClickHouse', 's', (cost) => cost.clickhouse_cpu_seconds),
      of('peak memory of Node (the bench’s own included)', 'MiB', (cost) => cost.node_peak_mib),
      of('peak memory of ClickHouse', 'MiB', (cost) => cost.clickhouse_peak_mib),
    ],
    { events, repeat: REPEAT },
    options.json,
  );
};

/** A view of a page that comes an hour late, of a visitor who has events. */
const lateOf = (event: SimulatedEvent, n: number): SimulatedEvent => ({
  event_id: `late-${n}`,
  store_id: event.store_id,
  type: 'product_view',
  visitor_id: event.visitor_id,
  occurred_at: event.occurred_at + 1_000,
  received_at: event.received_at + HOUR_MS,
});

const millisecondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

/** Runs after one late event each, and runs with nothing to do, in between each other. */
const lateRuns = async (shop: Shop, late: readonly SimulatedEvent[]): Promise<{ runs: number[]; idle: number[] }> => {
  await using aggregator = shop.aggregator();
  await untilDone(aggregator);
  const [runs, idle]: [number[], number[]] = [[], []];
  for (const [i, event] of late.entries()) {
    await shop.append([lateOf(event, i)]);
    await shop.takenIn();
    runs.push(await millisecondsOf(() => untilDone(aggregator)));
    idle.push(await millisecondsOf(() => untilDone(aggregator)));
  }
  return { runs, idle };
};

/**
 * (b) One late event in the large shop against the same in a shop that holds nothing but the visitors concerned: that is
 * the recompute of the one unit, with everything that a run has to do around it.
 */
const lateEvent = async (shop: Shop, to: number): Promise<void> => {
  const all = simulate(EVENTS, to);
  const step = Math.max(1, Math.floor(EVENTS / LATE_EVENTS / 2));
  const late: SimulatedEvent[] = [];
  let n = 0;
  for (const event of all) {
    if (n++ % step === 0 && late.length < LATE_EVENTS) late.push(event);
    if (late.length === LATE_EVENTS) break;
  }
  const visitors = new Set(late.map((event) => event.visitor_id));
  const large = await lateRuns(shop, late);
  await using small = await openShop();
  await small.load(simulate(EVENTS, to).filter((event) => visitors.has(event.visitor_id)));
  const alone = await lateRuns(small, late);
  const [inLarge, inSmall] = [spreadOf(large.runs), spreadOf(alone.runs)];
  print(
    `one late event among ${await shop.count()} events`,
    [
      { what: 'run with the late event', unit: 'ms', ...inLarge },
      { what: 'run with nothing to do', unit: 'ms', ...spreadOf(large.idle) },
      { what: 'the same unit in a shop of its own: run with the late event', unit: 'ms', ...inSmall },
      { what: 'the same: run with nothing to do', unit: 'ms', ...spreadOf(alone.idle) },
      { what: 'ratio of the medians', unit: '', ...spreadOf([inLarge.median / inSmall.median]) },
    ],
    { late_events: late.length, events_of_the_units: await small.count() },
    options.json,
  );
};

const workOf = defineQuery({
  name: 'bench.work',
  sql: `
    SELECT http_user_agent AS who, count() AS queries, sum(query_duration_ms) / 1000 AS seconds,
      sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1e6 AS cpu_seconds
    FROM system.query_log
    WHERE type != 'QueryStart' AND event_time_microseconds >= fromUnixTimestamp64Milli({since:Int64})
    GROUP BY who`,
  params: z.object({ since: z.number() }),
  row: z.object({
    who: z.string(),
    queries: z.coerce.number(),
    seconds: z.coerce.number(),
    cpu_seconds: z.coerce.number(),
  }),
});

/** (d) What share aggregation has in ClickHouse's time while events come in at a steady rate. */
const whileLoaded = async (shop: Shop, to: number): Promise<void> => {
  const [rate, seconds] = [Number(options.rate), Number(options.seconds)];
  const events = [...simulate(rate * seconds, to, 2, 2)];
  // What quiet times have saved up for a burst would be spent within the minute: the long run has none.
  await using aggregator = shop.aggregator({ rest: { ...DEFAULT_CONFIG.rest, burstMs: 0 } });
  await untilDone(aggregator);
  const reports = createReports({ clickhouse: shop.clickhouse.reports });
  await aggregator.start();
  const since = Date.now();
  const before = cpuSecondsOf(shop.server.pid);
  const ages: number[] = [];
  let behind = 0;
  for (let second = 0; second < seconds; second++) {
    await shop.append(events.slice(second * rate, (second + 1) * rate));
    const dueAt = since + (second + 1) * 1_000;
    behind = Math.max(behind, Date.now() - dueAt);
    if (second % 5 === 4) {
      const { as_of } = await reports.funnel({
        store_id: STORE_ID,
        definition: shop.store.definition,
        versions: shop.store.versions,
        from: '2026-01-01',
        to: '2026-01-01',
      });
      ages.push(Date.now() - Date.parse(as_of));
    }
    await delay(Math.max(0, dueAt - Date.now()));
  }
  const wall = (Date.now() - since) / 1_000;
  const process_cpu = cpuSecondsOf(shop.server.pid) - before;
  await shop.clickhouse.setup.command('SYSTEM FLUSH LOGS');
  const work = await shop.clickhouse.setup.query(workOf, { since });
  const of = (who: string) => work.find((row) => row.who.includes(who)) ?? { queries: 0, seconds: 0, cpu_seconds: 0 };
  const [mine, ingest] = [of('bench-aggregator'), of('bench-ingest')];
  const one = (what: string, unit: string, value: number) => ({ what, unit, ...spreadOf([value]) });
  print(
    `aggregation while ${rate} events a second come in, for ${seconds} s`,
    [
      one('aggregation’s queries: time they ran, of the time that passed', '%', (100 * mine.seconds) / wall),
      one('aggregation’s queries: CPU, of all CPU of ClickHouse', '%', (100 * mine.cpu_seconds) / process_cpu),
      one('ingest’s queries: CPU, of all CPU of ClickHouse', '%', (100 * ingest.cpu_seconds) / process_cpu),
      one('CPU of ClickHouse (queries, merges, all else), of one core', '%', (100 * process_cpu) / wall),
      one('aggregation’s CPU, of one core', '%', (100 * mine.cpu_seconds) / wall),
      { what: 'age of the reports', unit: 'ms', ...spreadOf(ages) },
      one('largest delay in sending', 'ms', behind),
    ],
    { aggregator_queries: mine.queries, ingest_queries: ingest.queries },
    options.json,
  );
  await aggregator.stop();
};

await using shop = await openShop();
const to = Date.now() - HOUR_MS;
const loading = performance.now();
await shop.load(simulate(EVENTS, to));
await shop.multiply(Number(options.times));
if (!options.json)
  console.log(`${await shop.count()} events loaded in ${((performance.now() - loading) / 1_000).toFixed(0)} s`);
if (options.only.includes('nothing')) await fromNothing(shop);
if (options.only.includes('late')) await lateEvent(shop, to);
if (options.only.includes('live')) await whileLoaded(shop, Date.now());
