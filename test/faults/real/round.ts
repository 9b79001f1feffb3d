/** One round: traffic, what goes wrong, rest, judgement. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createApi, createReads } from '@cartledger/api';
import { type ClickHouse, createClickHouse, migrate } from '@cartledger/clickhouse';
import { type Control, createControl } from '@cartledger/control';
import { createKafkaLog } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { createLogger, createMetrics, serveHttp } from '@cartledger/service';
import pg from 'pg';
import { POISON } from '../model/shop.ts';
import { befall } from './befall.ts';
import { startFleet } from './fleet.ts';
import { judge, type Verdict } from './judge.ts';
import { readKept, readLetters } from './kept.ts';
import type { Plan } from './plan.ts';
import { audit, drift } from './reports.ts';
import { createRest } from './rest.ts';
import { startSenders } from './senders.ts';
import type { Servers } from './servers.ts';
import { STORES, trafficOf } from './shop.ts';
import { createTopic } from './topic.ts';

export type RoundResult = {
  /** What has happened, and how often. */
  events: ReadonlyMap<string, number>;
  deliveries: number;
  seconds: number;
  verdict: Verdict;
  audit: string | null;
  drift: readonly string[];
};

const MIGRATIONS = fileURLToPath(new URL('../../../schemas/clickhouse/', import.meta.url));

const ANSWERED_MS = 240_000;

const within = async (ms: number, what: string, work: Promise<void>): Promise<void> => {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${what}: not within ${ms / 1_000} s`);
  });
  // Ended by hand, it has nothing to say.
  late.catch(() => {});
  await Promise.race([work, late]).finally(() => over.abort());
};

const administer = async (postgresUrl: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
};

const prepareStore = async (clickhouse: ClickHouse): Promise<void> => {
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase: `${clickhouse.database}_analytics` });
  await clickhouse.command(`ALTER TABLE events ADD CONSTRAINT not_poison CHECK session_id != '${POISON}'`);
};

const prepareControl = async (control: Control): Promise<Map<string, string>> => {
  await control.migrate();
  const keys = new Map([['admin', (await control.keys.create(null, 'admin')).key]]);
  for (const { store_id, definition } of STORES) {
    const { version: _, ...rest } = definition;
    await control.stores.create(store_id, rest);
    keys.set(store_id, (await control.keys.create(store_id, 'events:write')).key);
  }
  return keys;
};

export const runRound = async (
  plan: Plan,
  { servers, postgresUrl, dir }: { servers: Servers; postgresUrl: string; dir: string },
): Promise<RoundResult> => {
  const begun = performance.now();
  const id = `faults_${plan.seed}_${randomUUID().slice(0, 8)}`;
  const happened = new Map<string, number>();
  const count = (what: string): void => void happened.set(what, (happened.get(what) ?? 0) + 1);
  await using stack = new AsyncDisposableStack();

  await administer(postgresUrl, `create database ${id}`);
  stack.defer(() => administer(postgresUrl, `drop database ${id} with (force)`));
  const controlUrl = new URL(postgresUrl);
  controlUrl.pathname = `/${id}`;
  const control = stack.use(createControl({ dialect: 'postgres', url: controlUrl.href }));
  const clickhouse = stack.use(createClickHouse({ url: servers.store.url, database: id }));
  stack.defer(async () => {
    for (const name of [`${id}_analytics`, id]) await clickhouse.command(`DROP DATABASE IF EXISTS ${name} SYNC`);
  });
  const { brokers } = servers.kafka;
  const log = stack.use(createKafkaLog({ brokers: [brokers], clientId: 'faults' }));
  const names = { topic: id, deadLettersTopic: `${id}-dead`, groupId: id };
  const makeTopics = async (): Promise<void> => {
    await log.ensureTopic(names.topic, { partitions: plan.partitions });
    await log.ensureTopic(names.deadLettersTopic, { partitions: plan.partitions });
  };
  const [keys] = await Promise.all([prepareControl(control), prepareStore(clickhouse), makeTopics()]);
  const topic = createTopic(log, { ...names, brokers });
  stack.defer(() => topic.drop());
  const admin = keys.get('admin') ?? '';

  const fleet = await startFleet(
    { dir, brokers, clickhouseUrl: servers.store.url, postgresUrl: controlUrl.href, database: id, ...names },
    { ...plan, onEvent: count },
  );
  stack.defer(() => fleet.stop());
  await fleet.ready();
  const inputs = trafficOf(plan.seed, { events: plan.events, ms: plan.trafficMs, now: Date.now() });
  const given = new AbortController();
  stack.defer(() => given.abort(new Error('the round is over')));
  const senders = startSenders({ url: fleet.urlOf('collector'), keys, log, topic: id, signal: given.signal }, inputs);
  await befall({ servers, fleet, senders, topic, plan }, ({ what }) => count(what));
  await within(ANSWERED_MS, 'everything is answered', senders.done);
  const rest = createRest({ fleet, topic, clickhouse });
  // Who has not come to the point that he is aimed at has nothing to do any more.
  await fleet.struck(rest.isReached);
  await fleet.calm();
  await rest.reached();

  const api = createApi(
    {
      control,
      clickhouse,
      reports: createReads({ clickhouse, control }),
      logger: createLogger({ component: 'api', level: 'silent' }),
      metrics: createMetrics(),
    },
    { dashboardDir: dir },
  );
  const server = stack.use(await serveHttp({ app: api.app, host: '127.0.0.1', port: 0 }));
  const sent = inputs.flatMap((input) => input.sent);
  const [kept, journal, letters, complaint, drifted] = await Promise.all([
    readKept(clickhouse),
    topic.journal(),
    readLetters(log, names.deadLettersTopic),
    audit({ url: fleet.urlOf('ingest-1'), token: admin }),
    drift({ url: server.url, token: admin }),
  ]);
  const verdict = judge({ ...kept, journal, letters, sent }, { topic: id, hasher: await createHasher() });
  if (senders.again > 0) happened.set('requests sent again', senders.again);
  return {
    events: happened,
    deliveries: sent.length,
    seconds: (performance.now() - begun) / 1_000,
    verdict,
    audit: complaint,
    drift: drifted,
  };
};
