import { fileURLToPath } from 'node:url';
import { ClickHouseError } from '@cartledger/clickhouse';
import type { Store as Shop } from '@cartledger/control';
import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import { createHasher, type Hasher } from '@cartledger/events';
import { createRandom } from '@cartledger/funnel/testing';
import { createAggregation, drawAggregation } from './aggregation.ts';
import { createModelControl } from './control.ts';
import { watchSteps } from './crash-points.ts';
import { type Broker, createBroker } from './log/broker.ts';
import { connectLog } from './log/client.ts';
import { createGroups, type Groups } from './log/groups.ts';
import { judgeEnd } from './oracle/end.ts';
import { watch } from './oracle/live.ts';
import { identityOfRow, keyOfRow, letterOf, type Row } from './oracle/state.ts';
import { createTruth } from './oracle/truth.ts';
import { createSenders, type Senders } from './senders.ts';
import { createFleet, type Fleet, type IngestConfig } from './services.ts';
import { inputsOf, POISON, STORES } from './shop.ts';
import { readSchema } from './store/schema.ts';
import { createStore, type Store } from './store/store.ts';
import { call } from './world/calls.ts';
import type { Process } from './world/processes.ts';
import type { World } from './world/scheduler.ts';

const GROUP = 'cartledger-ingest';
const SIZES = [60, 90, 40, 25, 12, 6, 3] as const;
const MAX_ROWS = [12, 5, 8, 30, 3] as const;
const FETCH_AT_ONCE = [2 ** 26, 4_000, 12_000] as const;

/** Everything a seed runs on. */
export type Stage = {
  broker: Broker;
  groups: Groups;
  store: Store;
  controlDown: (ms: number) => void;
  fleet: Fleet;
  senders: Senders;
  /** What holds back the end, in words; null: all is taken in. */
  waitsFor(): string | null;
  /** Time has to pass until all is right: rows are in `events` of which the sweep alone finds out. */
  /** Rows are left that nobody could tell of; fails when somebody could have. */
  needsSweep(): boolean;
  /** `isSwept`: the daily sweep has looked through everything. */
  judge(isSwept: boolean): void;
  close(): Promise<void>;
};

const schema = readSchema(fileURLToPath(new URL('../../../schemas/clickhouse/', import.meta.url)));

/** The store tells of what has landed, whoever asked for it: of rows of one key in one block, of all of them. */
const tellOfInserts = (world: World, store: Store): void => {
  const states = store.table('store_state');
  const { insert: insertStates } = states;
  states.insert = (rows, torn) => {
    insertStates(rows, torn);
    for (const { store_id } of rows) world.observe('published', { store_id: String(store_id) });
  };
  const keys = { events: keyOfRow, touches: (row: Row) => `${row.batch_id} ${row.store_id} ${row.visitor_hash}` };
  for (const [name, keyOf] of Object.entries(keys)) {
    const table = store.table(name);
    const { insert } = table;
    table.insert = (rows, torn) => {
      const before = new Set(table.raw());
      insert(rows, torn);
      const landed = new Set(table.raw().flatMap((row) => (before.has(row) ? [] : [keyOf(row)])));
      world.observe('inserted', { table: name, rows: rows.filter((row) => landed.has(keyOf(row))) });
    };
  }
};

const refusePoison = (store: Store): void => {
  store.refuse = (table, rows) =>
    table === 'events' && rows.some(({ session_id }) => session_id === POISON)
      ? new ClickHouseError('VIOLATED_CONSTRAINT', 'ClickHouse refused the insert: VIOLATED_CONSTRAINT', {
          refusedData: true,
        })
      : null;
};

let hashing: Promise<Hasher> | null = null;
const hasherOnce = (): Promise<Hasher> => {
  hashing ??= createHasher();
  return hashing;
};

/** Servers, processes and senders of one seed, as its tape says. */
export const setStage = async (world: World, { onlyEnd }: { onlyEnd: boolean }): Promise<Stage> => {
  const hasher = await hasherOnce();
  const random = createRandom(world.below(2 ** 30, 'shop'));
  const events = SIZES[world.below(SIZES.length, 'size of the shop')] ?? SIZES[0];
  const partitions = 1 + world.below(3, 'partitions');
  const config: IngestConfig = {
    topic: EVENTS_TOPIC,
    deadLettersTopic: DEAD_LETTERS_TOPIC,
    groupId: GROUP,
    partitions,
    batch: {
      maxRows: MAX_ROWS[world.below(MAX_ROWS.length, 'rows of a batch')] ?? MAX_ROWS[0],
      maxBytes: 2 ** 20,
      maxAgeMs: [0, 500][world.below(2, 'age of a batch')] ?? 0,
    },
    maxBytesInFlight: FETCH_AT_ONCE[world.below(FETCH_AT_ONCE.length, 'bytes in flight')] ?? FETCH_AT_ONCE[0],
    progressMs: 2_000,
    stores: { refreshMs: 3_000, minIntervalMs: 1_000 },
    backoff: { baseMs: 100, maxMs: 2_000 },
    stallMs: 30_000,
    stopGraceMs: 5_000,
  };

  const broker = createBroker(world);
  const groups = createGroups(world, broker);
  const store = createStore({ schema, now: world.now, fail: (kind, message) => world.fail(kind, message) });
  refusePoison(store);
  tellOfInserts(world, store);
  const { control, connect, down } = await createModelControl(world);
  const keys = new Map<string, string>();
  const shops = new Map<string, Shop>();
  const open = async (store_id: string): Promise<void> => {
    shops.set(store_id, await control.stores.create(store_id));
  };
  for (const store_id of STORES) {
    await open(store_id);
    keys.set(store_id, (await control.keys.create(store_id, 'events:write')).key);
  }
  keys.set('admin', (await control.keys.create(null, 'admin')).key);

  const inputs = inputsOf(random, events, world.profile);
  const sent = inputs.flatMap((input) => input.sent);
  const truth = createTruth(broker.journal, sent, { topic: EVENTS_TOPIC, hasher });
  const { isTold, landedTooLate } = watch(world, { broker, truth, hasher, isJudging: !onlyEnd });
  const fleet = createFleet(
    world,
    {
      log: (process) => connectLog(world, { broker, groups }, process),
      clickhouse: (process: Process) => store.connect((c) => call(world, process, c)),
      control: connect,
    },
    {
      ingests: 1 + world.pick([500, 350, 150], 'ingests'),
      collectors: 1 + world.pick([700, 300], 'collectors'),
      aggregators: 1 + world.pick([600, 400], 'aggregators'),
      config,
      aggregation: drawAggregation(world),
    },
  );
  const senders = createSenders(world, { fleet, broker, keys, createStore: open }, inputs);

  watchSteps(world, fleet.kill);
  const aggregation = createAggregation(world, { store, shops, truth, hasher, isJudging: !onlyEnd });

  const takenInUpTo = new Map<number, number>();
  world.on('reported', ({ partition, taken_in_up_to }) => {
    takenInUpTo.set(partition, Math.max(taken_in_up_to, takenInUpTo.get(partition) ?? 0));
  });

  const waitsFor = (): string | null => {
    if (senders.open > 0) return `${senders.open} of ${inputs.length} are not answered`;
    const topic = broker.find(EVENTS_TOPIC);
    if (topic === null) return 'there is no topic';
    const { commits } = groups.find(EVENTS_TOPIC, GROUP);
    for (const { index, entries } of topic.partitions) {
      const last = entries.at(-1);
      if (last === undefined) continue;
      const commit = commits.get(index);
      const isOfNow = commit?.metadata.includes(`"${topic.epoch}"`) ?? false;
      const isCommitted = isOfNow && commit !== undefined && commit.offset > last.record.offset;
      // A commit that failed is covered by the next one: while nothing comes there is none, and progress says how far it is.
      if (!isCommitted && (takenInUpTo.get(index) ?? 0) <= last.appendedAt)
        return `partition ${index} is committed up to ${commit?.offset} of ${last.record.offset} (${commit?.metadata}, ${topic.epoch})`;
    }
    for (const { process, ingest, aggregator } of fleet.running) {
      const readiness = (ingest ?? aggregator)?.readiness();
      if (readiness !== undefined && !readiness.ready) return `${process.name}: ${readiness.reason}`;
    }
    return aggregation.waitsFor();
  };

  return {
    broker,
    groups,
    store,
    controlDown: down,
    fleet,
    senders,
    waitsFor,
    needsSweep: () => {
      const untold = store
        .table('events')
        .final()
        .filter((row) => !isTold(row));
      const missed = untold.find((row) => !landedTooLate(row));
      if (missed !== undefined) world.fail('untold', `no touch has told of ${identityOfRow(missed)} since it landed`);
      return untold.length > 0;
    },
    judge: (isSwept) => {
      judgeEnd(world.fail, {
        deliveries: truth.all(),
        sent,
        events: store.table('events').final(),
        letters: broker.journal
          .filter(({ topic }) => topic === DEAD_LETTERS_TOPIC)
          .map(({ record }) => letterOf(record)),
        intake: store.table('intake').final(),
        runs: store.table('intake_runs').final(),
        hasSlipped: 'commit slipped' in world.stats,
      });
      aggregation.judge(isSwept);
    },
    close: () => {
      fleet.close();
      return control.close();
    },
  };
};
