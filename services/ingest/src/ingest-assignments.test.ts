import { ClickHouseError } from '@cartledger/clickhouse';
import { EVENTS_TOPIC, packRecords } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { logDown } from './testing/fake-log.ts';
import { createHarness, until } from './testing/harness.ts';
import { events, ids, start } from './testing/started.ts';

test('records that come twice or after their assignment are dropped', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await start(h);
  await h.settle();
  const records = packRecords(h.fakeLog.records(EVENTS_TOPIC));
  const epoch = h.fakeLog.assignmentEpoch();
  const batch = { partition: 0, records, highWatermark: 10n };
  h.fakeLog.handlers().onBatch({ ...batch, assignmentEpoch: epoch });
  h.fakeLog.handlers().onBatch({ ...batch, assignmentEpoch: epoch - 1 });
  h.fakeLog.handlers().onBatch({ ...batch, assignmentEpoch: epoch, partition: 9 });
  expect(await h.metric('cartledger_ingest_stale_records_total')).toBe(30);
  expect(h.store.written.events).toHaveLength(10);
});

test('what an earlier assignment fetched moves nobody on past records that were not read', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(4));
  await start(h);
  await h.settle();
  h.fakeLog.append(EVENTS_TOPIC, events(6, 100));
  const ahead = packRecords(h.fakeLog.records(EVENTS_TOPIC)).slice(7, 10);
  const epoch = h.fakeLog.assignmentEpoch();
  h.fakeLog.handlers().onBatch({ partition: 0, records: ahead, highWatermark: 10n, assignmentEpoch: epoch - 1 });
  await h.settle();
  expect(h.store.written.events).toHaveLength(10);
  expect(await h.metric('cartledger_ingest_stale_records_total')).toBe(3);
});

test('a batch in hand when its partition is taken away is committed by nobody but its successor', async () => {
  const h = createHarness();
  const held = Promise.withResolvers<void>();
  let inserts = 0;
  h.store.hooks.beforeInsert = (table) => {
    if (table === 'events') inserts += 1;
    return inserts === 1 ? held.promise : undefined;
  };
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await start(h);
  await until(() => inserts === 1, h.fakeLog.deliver);
  await h.fakeLog.rebalance();
  const commits: bigint[] = [];
  h.fakeLog.hooks.beforeCommit = (_, offset) => void commits.push(offset);
  held.resolve();
  await h.settle();
  expect(commits).toEqual([10n]);
  expect(ids(h)).toHaveLength(10);
  expect(h.store.counts()).toEqual({ 'demo 2026-06-15T12:00 delivered': 10 });
});

test('a topic made again is read from its start, whatever had been committed', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await first.stop();
  h.fakeLog.remake(EVENTS_TOPIC);
  h.fakeLog.append(EVENTS_TOPIC, events(5, 100));
  await start(h);
  await until(() => ids(h).length === 15, h.fakeLog.deliver);
});

test('metadata of another hand does not crash: its offset counts', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  h.fakeLog.committed.set(0, { offset: 6n, metadata: '\0{"v":' });
  await start(h);
  await h.settle();
  expect(ids(h)).toEqual(['e6', 'e7', 'e8', 'e9']);
});

test('a failed commit stops nothing: the next one covers it', async () => {
  const h = createHarness();
  let failures = 1;
  h.fakeLog.hooks.beforeCommit = () => {
    if (failures-- > 0) throw logDown();
  };
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await start(h);
  await until(() => ids(h).length === 10, h.fakeLog.deliver);
  h.fakeLog.append(EVENTS_TOPIC, events(10, 10));
  await h.settle();
  expect(ids(h)).toHaveLength(20);
});

test('while nothing comes in, the time up to which the log is taken in goes on', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(3));
  await start(h);
  await h.settle();
  await until(() => h.positions.get(0)?.position === 3n);
  h.clock.now += 60_000;
  await until(() => h.positions.get(0)?.taken_in_up_to === h.clock.now);
});

test('stopping finishes and commits what is in hand', async () => {
  const h = createHarness();
  const inserting = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  h.store.hooks.beforeInsert = () => {
    inserting.resolve();
    return gate.promise;
  };
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const ingest = await h.start({ stopGraceMs: 5_000 });
  await until(() => h.fakeLog.deliver() > 0);
  await inserting.promise;
  const stopped = ingest.stop();
  gate.resolve();
  await stopped;
  expect(h.fakeLog.committed.get(0)?.offset).toBe(10n);
  expect(ingest.readiness()).toMatchObject({ ready: false, state: 'stopped' });
});

test('an unsuitable server is fatal before anything is written', async () => {
  const h = createHarness();
  const failures: unknown[] = [];
  const checkServer = async () => {
    throw new ClickHouseError('unsuitable_server', 'setting async_insert is 1 and must be 0');
  };
  h.fakeLog.append(EVENTS_TOPIC, events(3));
  const ingest = await start(
    h,
    {},
    { clickhouse: { ...h.store.clickhouse, checkServer }, onFatal: (error) => failures.push(error) },
  );
  await until(() => failures.length > 0, h.fakeLog.deliver);
  expect(failures).toMatchObject([{ code: 'unsuitable_server' }]);
  expect(ingest.readiness().state).toBe('failed');
  expect(h.store.written.events).toEqual([]);
});

test('a consumer that hands nothing over although the log has data is started anew', async () => {
  const h = createHarness();
  await start(h, { stallMs: 5_000 });
  h.fakeLog.append(EVENTS_TOPIC, events(3));
  // Nothing is delivered meanwhile.
  await until(async () => {
    h.clock.now += 500;
    return (await h.metric('cartledger_ingest_consumer_restarts_total')) > 0;
  });
  await h.settle();
  expect(ids(h)).toHaveLength(3);
});

test('a partition that was asked about when the group was joined anew gets no worker by the answer: it is another’s now', async () => {
  const h = createHarness({ partitions: 2 });
  h.fakeLog.hooks.partitionOf = () => 1;
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  h.fakeLog.retain(EVENTS_TOPIC, 5n);
  h.fakeLog.hooks.partitionOf = () => 0;
  const answered = Promise.withResolvers<[]>();
  let reports = 0;
  let joined = 0;
  const ingest = await start(
    h,
    { stallMs: 5_000 },
    {
      log: {
        ...h.fakeLog.log,
        // Joined anew, this member is given nothing.
        consume: async (options) => {
          joined += 1;
          const mine = { ...options.handlers, onAssigned: async () => 0n };
          return await h.fakeLog.log.consume(joined === 1 ? options : { ...options, handlers: mine });
        },
      },
      control: {
        stores: { list: async () => [] },
        positions: {
          list: () => answered.promise,
          report: async () => {
            reports += 1;
          },
          keepOnly: async () => undefined,
        },
      },
    },
  );
  await until(() => ingest.partitions().length === 1);
  h.fakeLog.append(EVENTS_TOPIC, events(3));
  await until(() => {
    h.clock.now += 500;
    return joined === 2;
  });
  answered.resolve([]);
  const before = reports;
  await until(() => reports > before + 1);
  expect(ingest.partitions()).toEqual([]);
});
