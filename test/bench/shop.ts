/** A shop of simulated events in a ClickHouse of its own, filled by ingest from an embedded log; no HTTP in between. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AggregatorConfig, createAggregator } from '@cartledger/aggregator';
import { type ClickHouse, createClickHouse, defineQuery, migrate } from '@cartledger/clickhouse';
import { createControl, type Store } from '@cartledger/control';
import { createEmbeddedLog, IMPORT_HEADER, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { DAY_MS, type Funnel } from '@cartledger/funnel';
import { createIngest } from '@cartledger/ingest';
import { startClickHouse } from '@cartledger/local-stack';
import { createLogger, createMetrics } from '@cartledger/service';
import { createSimulator, DEMO_STORES, type SimulatedEvent } from '@cartledger/simulator';
import { z } from 'zod';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));
const [SIMULATED] = DEMO_STORES;
if (!SIMULATED) throw new Error('no simulated store');
export const STORE_ID = SIMULATED.store_id;
export const DAYS = 90;
const PAGE = 5_000;
const GIB = 1_024 ** 3;

/** What aggregation makes; all else is left when it begins anew. */
const MADE_BY_AGGREGATION = [
  'links',
  'touched_batches_done',
  'ledger_writers',
  'ledger_rows',
  'ledger_keys',
  'store_state',
  'dirty_days',
  'funnel_days',
  'cart_days',
  'order_days',
  'restatements',
];

const countQuery = defineQuery({
  name: 'bench.count',
  sql: 'SELECT count() AS n FROM events FINAL',
  params: z.object({}),
  row: z.object({ n: z.coerce.number() }),
});

export const simulate = (events: number, to: number, days = DAYS, seed = 1): Generator<SimulatedEvent> =>
  createSimulator({ seed, stores: [SIMULATED], from: to - days * DAY_MS, to, events }).events();

/** The events as they are, of customers, carts and orders of their own. */
const EVENTS_OF_OTHERS = `
  SELECT * REPLACE (xxHash64(concat('v:', visitor_id)) AS visitor_hash, xxHash64(event_id) AS event_hash)
  FROM (
    SELECT * REPLACE (${['event_id', 'visitor_id', 'session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id']
      .map((id) => `if(${id} = '', '', concat(${id}, {other:String})) AS ${id}`)
      .join(', ')}, {other:String} AS log_epoch)
    FROM (SELECT * FROM events FINAL WHERE position(event_id, '~copy') = 0))`;

/** What ingest would have written of them, in batches of 20,000 events. */
const TOUCHES_OF_OTHERS = `
  SELECT toUUID(lower(hex(MD5(concat(log_epoch, ' ', toString(intDiv(log_offset, 5000))))))) AS batch_id, store_id, visitor_hash,
    groupUniqArrayArray(arrayConcat(
      if(cart_id = '', [], [xxHash64(concat('c:', cart_id))]),
      if(order_id = '', [], [xxHash64(concat('o:', order_id))]))) AS neighbors
  FROM events
  WHERE log_epoch = {other:String}
  GROUP BY batch_id, store_id, visitor_hash`;

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** `funnels`: kept besides the store's own. */
export const openShop = async ({ funnels = [] }: { funnels?: readonly Funnel[] } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-bench-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const configFile = join(dir, 'query-log.xml');
  writeFileSync(
    configFile,
    `<clickhouse><query_log><database>system</database><table>query_log</table>
     <flush_interval_milliseconds>1000</flush_interval_milliseconds></query_log></clickhouse>`,
  );
  const server = stack.use(
    await startClickHouse({ dir: join(dir, 'clickhouse'), configFile, memoryLimitBytes: 8 * GIB }),
  );
  const connect = (application: string): ClickHouse =>
    stack.use(createClickHouse({ url: server.url, database: 'bench', application, requestTimeoutMs: 1_800_000 }));
  /** Each part under a name of its own, by which the query log tells their work apart. */
  const clickhouse = {
    setup: connect('bench'),
    ingest: connect('bench-ingest'),
    aggregator: connect('bench-aggregator'),
    reports: connect('bench-reports'),
  };
  await clickhouse.setup.ensureDatabase();
  await migrate(clickhouse.setup, MIGRATIONS, { analyticsDatabase: 'bench_analytics' });
  const logger = createLogger({ component: 'bench', level: 'warn' });
  const log = stack.use(createEmbeddedLog({ dir: join(dir, 'log'), now: Date.now }));
  const topic = 'bench-events';
  await log.ensureTopic(topic, { partitions: 4 });
  await log.ensureTopic(`${topic}-dead`, { partitions: 1 });

  const controls = stack.use(new AsyncDisposableStack());
  let made = 0;
  /** What is not events, anew: with it the aggregator begins from nothing. */
  const newControl = async () => {
    const control = controls.use(
      createControl({ dialect: 'sqlite', path: join(dir, `control-${made++}.db`) }, { now: Date.now }),
    );
    await control.migrate();
    const { version: _, ...definition } = SIMULATED.definition;
    const store: Store = await control.stores.create(STORE_ID, {
      ...definition,
      funnels: [...definition.funnels, ...funnels],
    });
    return { control, store };
  };
  const { control, store } = await newControl();

  const append = (events: readonly SimulatedEvent[]): Promise<void> =>
    log.produce(
      topic,
      events.map((event) => ({
        key: `${event.store_id}:${event.visitor_id}`,
        value: Buffer.from(JSON.stringify(event)),
        headers: { [RECEIVED_AT_HEADER]: `${event.received_at}`, [IMPORT_HEADER]: '1' },
      })),
    );

  const ingest = createIngest(
    { log, clickhouse: clickhouse.ingest, control, logger, metrics: createMetrics(), now: Date.now },
    { topic, deadLettersTopic: `${topic}-dead`, groupId: 'bench' },
  );
  stack.defer(() => ingest.stop());
  await ingest.start();

  /** Until everything appended so far is taken in; an hour at most. */
  const takenIn = async (): Promise<void> => {
    const appended = Date.now();
    while (Date.now() < appended + 3_600_000) {
      const positions = await control.positions.list(topic);
      if (positions.length === 4 && positions.every((position) => position.taken_in_up_to >= appended)) return;
      await delay(50);
    }
    throw new Error('the events were not taken in within an hour');
  };

  const aggregator = (config: Partial<AggregatorConfig> = {}, under = control, now: () => number = Date.now) =>
    createAggregator(
      { clickhouse: clickhouse.aggregator, control: under, logger, metrics: createMetrics(), now },
      { topic, ...config },
    );

  const owned = stack.move();
  return {
    server,
    clickhouse,
    store,
    append,
    takenIn,
    aggregator,
    newControl,
    count: async () => (await clickhouse.setup.query(countQuery, {}))[0]?.n ?? 0,
    async load(events: Iterable<SimulatedEvent>): Promise<void> {
      let page: SimulatedEvent[] = [];
      for (const event of events) {
        page.push(event);
        if (page.length < PAGE) continue;
        await append(page);
        page = [];
      }
      await append(page);
      await takenIn();
    },
    /** All events again, as those of others, so often in all: 5 s a million, where loading takes a minute and a half. */
    async multiply(times: number): Promise<void> {
      for (let copy = 1; copy < times; copy++) {
        const others = { other: `~copy${copy}` };
        await clickhouse.setup.command(`INSERT INTO events ${EVENTS_OF_OTHERS}`, others);
        await clickhouse.setup.command(
          `INSERT INTO touches (batch_id, store_id, visitor_hash, neighbors) ${TOUCHES_OF_OTHERS}`,
          others,
        );
      }
    },
    async forgetAggregation(): Promise<void> {
      for (const table of MADE_BY_AGGREGATION) await clickhouse.setup.command(`TRUNCATE TABLE ${table}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
