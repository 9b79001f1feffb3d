/** Shops whose visitors are to be erased: ingest over a log, the aggregator behind it, and the routes as an operator asks them. */
import { createAggregator } from '@cartledger/aggregator';
import { type ClickHouse, integer } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import type { ProduceRecord } from '@cartledger/event-log';
import { createIngestAdmin, createQuarantine } from '@cartledger/ingest';
import { createReports } from '@cartledger/reports';
import { createLogger, createMetrics } from '@cartledger/service';
import { z } from 'zod';
import { type IngestWorld, type LogDriver, startIngestWorld } from './ingest-world.ts';
import { eventually, until } from './until.ts';

export const DAY_MS = 86_400_000;
const TOMBSTONES = { refreshMs: 20, maxAgeMs: 200 };

const erasure = z.looseObject({
  erasure: z.number(),
  state: z.string(),
  ended_at: z.string().nullable(),
  visitor_hashes: z.array(z.string()),
  up_to: z.string(),
  erased: z.looseObject({ visitors: z.number(), events: z.number(), dead_letters: z.number() }).nullable(),
  copies: z.array(z.object({ topic: z.string(), gone_by: z.string().nullable(), warning: z.string().nullable() })),
});
export type Told = z.output<typeof erasure>;

type Answer = { status: number; body: unknown };
export type Subject = { store_id: string; visitor_id?: string; customer_id?: string };

const tables = {
  name: 'test.tables',
  sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  params: z.object({}),
  row: z.object({ name: z.string() }),
};

export type ErasureWorld = Awaited<ReturnType<typeof startErasureWorld>>;

export const startErasureWorld = async (driver: LogDriver, stores: readonly string[]) => {
  await using stack = new AsyncDisposableStack();
  const ingest: IngestWorld = stack.use(await startIngestWorld(driver));
  const { log, clickhouse, control, topics } = ingest;
  for (const store_id of stores) await control.stores.create(store_id);
  const logger = createLogger({ component: 'test', level: 'silent' });
  const { key } = await control.keys.create(null, 'admin');
  const quarantine = createQuarantine({ store: control, now: Date.now }, { topic: topics.topic });
  const reports = createReports({ clickhouse });

  /** Routes over a ClickHouse and a control store that may fail. */
  const routes = (using: { clickhouse?: ClickHouse; control?: Control } = {}) => {
    const app = createIngestAdmin(
      {
        ingest: { readiness: () => ({ ready: true, state: 'running', reason: null }), partitions: () => [] },
        log,
        clickhouse,
        control,
        quarantine,
        logger,
        now: Date.now,
        ...using,
      },
      { ...topics, tombstones: TOMBSTONES },
    );
    return async (method: 'GET' | 'POST', path: string, json?: unknown): Promise<Answer> => {
      const response = await app.request(path, {
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      const line = text.trim().split('\n').at(-1) ?? '';
      return { status: response.status, body: JSON.parse(line) };
    };
  };
  const ask = routes();
  const aggregator = createAggregator(
    { clickhouse, control, logger, metrics: createMetrics(), now: Date.now },
    { topic: topics.topic, rest: { share: 1, burstMs: 0, maxRestMs: 0 }, asOfStepMs: 100, rollupEveryMs: 0 },
  );
  stack.defer(() => aggregator.stop());

  const count = async (sql: string): Promise<number> =>
    (await clickhouse.query({ name: 'test.count', sql, params: z.object({}), row: z.object({ n: integer }) }, {}))[0]
      ?.n ?? 0;

  const owned = stack.move();
  return {
    ...ingest,
    routes,
    ask,
    aggregator,
    /** One run, a day later. */
    async nextDay(): Promise<void> {
      await aggregator.stop();
      await using later = createAggregator(
        { clickhouse, control, logger, metrics: createMetrics(), now: () => Date.now() + DAY_MS },
        { topic: topics.topic },
      );
      while ((await later.runOnce()) === 'more');
      while ((await later.runOnce()) === 'more');
    },
    startIngest: () => ingest.start({ tombstones: TOMBSTONES }),
    produce: (records: readonly ProduceRecord[]) => log.produce(topics.topic, records),
    /** Taken in, and in the ledgers and the rollups. */
    async settled(): Promise<void> {
      await ingest.settle();
      await until('the ledgers say what the events do', 60_000, async () => {
        while ((await aggregator.runOnce()) === 'more');
        const behind = await count('SELECT count() AS n FROM dirty_days FINAL WHERE dirty');
        const pending = await count(
          'SELECT count() AS n FROM touches WHERE batch_id NOT IN (SELECT batch_id FROM touched_batches_done)',
        );
        return behind + pending === 0;
      });
    },
    /** Steps until it has ended, while the aggregator runs. */
    async erase(subject: Subject): Promise<Told> {
      let told = erasure.parse((await ask('POST', '/erasures', subject)).body);
      await eventually(
        async () => {
          const step = ask('POST', '/erasures', { erasure: told.erasure });
          while ((await aggregator.runOnce()) === 'more');
          told = erasure.parse((await step).body);
          return told.ended_at !== null;
        },
        () => told,
      );
      return told;
    },
    told: (body: unknown): Told => erasure.parse(body),
    count,
    /** Tables in which the text stands anywhere, in rows that were deleted or superseded too as long as they are there. */
    async tablesWith(text: string): Promise<string[]> {
      const found: string[] = [];
      for (const { name } of await clickhouse.query(tables, {}))
        if ((await count(`SELECT count() AS n FROM ${name} WHERE toString(tuple(*)) LIKE '%${text}%'`)) > 0)
          found.push(name);
      return found;
    },
    /** Every number that reports say of a store, as text. */
    async figures(store_id: string, from: string, to: string, as_of: number): Promise<string> {
      const store = await control.stores.get(store_id);
      if (store === null) throw new Error(`no store ${store_id}`);
      const { definition, versions } = store;
      const query = { store_id, definition, versions, from, to, as_of };
      const all = [await reports.funnel(query), await reports.abandonment(query), await reports.revenue(query)];
      return JSON.stringify(all, (name, value: unknown) => {
        if (typeof value === 'bigint') return String(value);
        return name === 'store_id' ? undefined : value;
      });
    },
    restatements: (store_id: string) => reports.restatements({ store_id }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
