import { ClickHouseError } from '@cartledger/clickhouse';
import {
  DEAD_LETTERS_TOPIC,
  decodeDeadLetter,
  EVENTS_TOPIC,
  type ProduceRecord,
  packRecords,
} from '@cartledger/event-log';
import { afterEach, expect, test } from 'vitest';
import type { Ingest } from './ingest.ts';
import { logDown } from './testing/fake-log.ts';
import { createHarness, type Harness, until } from './testing/harness.ts';
import { eventRecord, NOW, rawRecord } from './testing/samples.ts';

const running: Ingest[] = [];
afterEach(async () => {
  for (const ingest of running.splice(0)) await ingest.stop();
});
const start = async (h: Harness, ...args: Parameters<Harness['start']>): Promise<Ingest> => {
  const ingest = await h.start(...args);
  running.push(ingest);
  return ingest;
};

const events = (count: number, from = 0): ProduceRecord[] =>
  Array.from({ length: count }, (_, i) =>
    eventRecord({ event_id: `e${from + i}`, visitor_id: `v${(from + i) % 7}`, cart_id: `c${(from + i) % 5}` }),
  );
const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const ids = (h: Harness): string[] => [...h.store.kept().keys()].sort(byText);
const deadReasons = (h: Harness): Map<bigint, string> =>
  new Map(
    h.fakeLog.records(DEAD_LETTERS_TOPIC).flatMap((record) => {
      const letter = decodeDeadLetter(record);
      return letter === null ? [] : [[letter.origin.offset, letter.reason.code]];
    }),
  );
const refusal = (): ClickHouseError => new ClickHouseError('VIOLATED_CONSTRAINT', 'refused', { refusedData: true });

test('a batch goes: dead letters, events, touches and counts side by side, commit, each answered before the next', async () => {
  const h = createHarness();
  const steps: string[] = [];
  const during = async (name: string): Promise<void> => {
    steps.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    steps.push(`${name} ends`);
  };
  h.fakeLog.hooks.beforeProduce = () => during('dead letters');
  h.store.hooks.beforeInsert = (table) => during(table);
  h.fakeLog.hooks.beforeCommit = () => during('commit');
  h.fakeLog.append(EVENTS_TOPIC, [...events(3), rawRecord('{')]);
  await start(h);
  await h.settle();
  const sideBySide = ['touches', 'intake_runs', 'intake'];
  const inOrder = (names: string[]) => names.flatMap((name) => [`${name} begins`, `${name} ends`]);
  const isOf = (names: string[]) => (step: string) => names.some((name) => step.startsWith(`${name} `));
  expect(steps.filter(isOf(['dead letters', 'events', 'touches', 'commit']))).toEqual(
    inOrder(['dead letters', 'events', 'touches', 'commit']),
  );
  expect(steps.filter((step) => !isOf(['touches'])(step))).toEqual(
    inOrder(['dead letters', 'events', 'intake_runs', 'intake', 'commit']),
  );
  expect(steps.slice(4, -2).every(isOf(sideBySide))).toBe(true);
});

test('a visitor of a batch is touched once, with the nodes of every cart and order its events name', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, [
    eventRecord({ event_id: 'a', cart_id: 'c1' }),
    eventRecord({ event_id: 'b', cart_id: 'c2' }),
    eventRecord({ event_id: 'c', type: 'purchase', order_id: 'o1', cart_id: 'c1', amounts: { total: 5 } }),
    eventRecord({ event_id: 'd', visitor_id: 'v2', cart_id: undefined }),
  ]);
  await start(h, {}, { newBatchId: () => '01234567-89ab-4def-8123-456789abcdef' });
  await h.settle();
  const nodes = h.store.written.touches.map(({ neighbors }) => (Array.isArray(neighbors) ? neighbors.length : 0));
  expect(nodes.sort((a, b) => b - a)).toEqual([3, 0]);
  for (const touch of h.store.written.touches) expect(touch.batch_id).toBe('01234567-89ab-4def-8123-456789abcdef');
});

test('every record is in the store or among the dead letters with a reason', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, [
    ...events(2),
    rawRecord('not JSON'),
    rawRecord(Buffer.from([0x7b, 0xff, 0x7d])),
    rawRecord(null),
    rawRecord(`"${'x'.repeat(64 * 1024)}"`),
    rawRecord('[]'),
    eventRecord({ event_id: 'u', store_id: 'nobody' }),
    eventRecord({ event_id: 'old', occurred_at: NOW - 500 * 86_400_000 }),
    eventRecord({ event_id: 'later', type: 'add' }),
  ]);
  await start(h);
  await h.settle();
  expect(ids(h)).toEqual(['e0', 'e1']);
  expect([...deadReasons(h)]).toEqual([
    [2n, 'malformed_json'],
    [3n, 'malformed_json'],
    [4n, 'malformed_json'],
    [5n, 'too_large'],
    [6n, 'not_an_object'],
    [8n, 'too_old'],
    [9n, 'unknown_type'],
    [7n, 'unknown_store'],
  ]);
  expect(await h.metric('cartledger_ingest_rejected_total')).toBe(8);
  expect(await h.metric('cartledger_ingest_events_total')).toBe(2);
});

test('only an event through the import door may be older than the store takes', async () => {
  const h = createHarness();
  const old = { occurred_at: NOW - 500 * 86_400_000, source: 'import' };
  const imported = eventRecord({ event_id: 'imported', ...old });
  h.fakeLog.append(EVENTS_TOPIC, [
    { ...imported, headers: { ...imported.headers, 'cartledger-import': '1' } },
    eventRecord({ event_id: 'says so only', ...old }),
  ]);
  await start(h);
  await h.settle();
  expect(ids(h)).toEqual(['imported']);
});

test('a store created a moment before its first event is known, and what it sent wrong counts for it', async () => {
  const h = createHarness();
  await start(h);
  h.storeIds.push('new');
  h.clock.now += 1;
  h.fakeLog.append(EVENTS_TOPIC, [
    eventRecord({ event_id: 'first', store_id: 'new' }),
    eventRecord({ event_id: 'bad', store_id: 'new', type: 'visitt' }),
  ]);
  await h.settle();
  expect(ids(h)).toEqual(['first']);
  expect(h.store.counts()).toEqual({
    'new 2026-06-15T12:00 delivered': 1,
    'new 2026-06-15T12:00 rejected:unknown_type': 1,
  });
});

// What can be lost with the process, before and after each step has had its effect.
const STEPS = ['dead letters', 'events', 'touches', 'intake_runs', 'intake', 'commit'] as const;
test.each(STEPS.flatMap((step) => [`before ${step}`, `after ${step}`]))(
  'a process killed %s loses nothing and counts nothing twice, though its successor cuts other batches',
  async (moment) => {
    const h = createHarness();
    let dead = false;
    const killed = Promise.withResolvers<void>();
    /** The process does nothing any more. */
    const reach = (place: string): Promise<void> | void => {
      if (place !== moment || dead) return;
      dead = true;
      killed.resolve();
      return new Promise(() => {});
    };
    h.fakeLog.hooks.beforeProduce = async (records) => {
      await reach('before dead letters');
      if (moment === 'after dead letters' && !dead) h.fakeLog.append(DEAD_LETTERS_TOPIC, records);
      await reach('after dead letters');
    };
    h.store.hooks.beforeInsert = (table) => reach(`before ${table}`);
    h.store.hooks.afterInsert = (table) => reach(`after ${table}`);
    h.fakeLog.hooks.beforeCommit = async (_, offset) => {
      await reach('before commit');
      if (moment === 'after commit' && !dead)
        h.fakeLog.committed.set(0, { offset, metadata: '{"v":1,"epoch":"epoch-1"}' });
      await reach('after commit');
    };
    h.fakeLog.append(EVENTS_TOPIC, [...events(20), rawRecord('x'), ...events(20, 20), rawRecord('y')]);
    const first = await h.start({ batch: { maxRows: 10, maxBytes: 2 ** 20, maxAgeMs: 0 } });
    await until(() => dead, h.fakeLog.deliver);
    await killed.promise;
    await first.stop();

    await start(h, { batch: { maxRows: 7, maxBytes: 2 ** 20, maxAgeMs: 0 } });
    await h.settle();
    expect(ids(h)).toEqual(Array.from({ length: 40 }, (_, i) => `e${i}`).sort(byText));
    expect([...deadReasons(h)]).toEqual([
      [20n, 'malformed_json'],
      [41n, 'malformed_json'],
    ]);
    expect(h.store.counts()).toEqual({
      'demo 2026-06-15T12:00 delivered': 40,
      'demo 2026-06-15T12:00 rejected:malformed_json': 2,
    });
    const visitors = new Set(h.store.written.events.map(({ visitor_hash }) => visitor_hash));
    expect(new Set(h.store.written.touches.map(({ visitor_hash }) => visitor_hash))).toEqual(visitors);
  },
);

test('a row that the store refuses in any company is the only one that does not land', async () => {
  const h = createHarness();
  const poison = new Set(['e13', 'e77', 'e78']);
  h.store.hooks.beforeInsert = (_, rows) => {
    if (rows.some(({ event_id }) => poison.has(String(event_id)))) throw refusal();
  };
  h.fakeLog.append(EVENTS_TOPIC, events(100));
  await start(h);
  await h.settle();
  expect(ids(h)).toEqual(
    Array.from({ length: 100 }, (_, i) => `e${i}`)
      .filter((id) => !poison.has(id))
      .sort(byText),
  );
  expect([...deadReasons(h)]).toEqual([
    [13n, 'store_refused'],
    [77n, 'store_refused'],
    [78n, 'store_refused'],
  ]);
  expect(h.store.counts()).toEqual({
    'demo 2026-06-15T12:00 delivered': 97,
    'demo 2026-06-15T12:00 rejected:store_refused': 3,
  });
});

test('while ClickHouse is down it is waited for, which is a state; then everything lands and nothing was dropped', async () => {
  const h = createHarness();
  let up = false;
  h.store.hooks.isUp = () => up;
  h.fakeLog.append(EVENTS_TOPIC, events(50));
  const ingest = await start(h);
  await until(async () => (await h.metric('cartledger_ingest_retries_total')) > 3, h.fakeLog.deliver);
  h.clock.now += 3_000;
  expect(ingest.readiness()).toMatchObject({
    ready: false,
    state: 'running',
    reason: 'waiting for server_check for 3 s: unavailable',
  });
  expect(h.fakeLog.committed.size).toBe(0);
  up = true;
  await h.settle();
  expect(ids(h)).toHaveLength(50);
  expect(deadReasons(h).size).toBe(0);
  expect(ingest.readiness()).toEqual({ ready: true, state: 'running', reason: null });
  up = false;
  h.fakeLog.append(EVENTS_TOPIC, events(50, 50));
  const before = await h.metric('cartledger_ingest_retries_total');
  await until(async () => (await h.metric('cartledger_ingest_retries_total')) > before + 3, h.fakeLog.deliver);
  up = true;
  await h.settle();
  expect(ids(h)).toHaveLength(100);
});

test('a missing table is waited out: it condemns no row', async () => {
  const h = createHarness();
  let attempts = 0;
  h.store.hooks.beforeInsert = () => {
    attempts += 1;
    if (attempts < 4) throw new ClickHouseError('UNKNOWN_TABLE', 'refused');
  };
  h.fakeLog.append(EVENTS_TOPIC, events(5));
  await start(h);
  await h.settle();
  expect(ids(h)).toHaveLength(5);
  expect(deadReasons(h).size).toBe(0);
});

test('dead letters that the log does not take hold the batch back until it does', async () => {
  const h = createHarness();
  let failures = 3;
  h.fakeLog.hooks.beforeProduce = () => {
    failures -= 1;
    if (failures >= 0) throw logDown();
  };
  h.store.hooks.beforeInsert = () => expect(failures).toBeLessThan(0);
  h.fakeLog.append(EVENTS_TOPIC, [rawRecord('x'), ...events(1)]);
  await start(h);
  await h.settle();
  expect(deadReasons(h).size).toBe(1);
  expect(ids(h)).toEqual(['e0']);
});

test('bytes in flight stay bounded while the store stands still, and reading goes on afterwards', async () => {
  const h = createHarness({ fetchRecords: 50 });
  const gate = Promise.withResolvers<void>();
  h.store.hooks.beforeInsert = () => gate.promise;
  h.fakeLog.append(EVENTS_TOPIC, events(5_000));
  await start(h, { maxBytesInFlight: 200_000, batch: { maxRows: 100, maxBytes: 2 ** 20, maxAgeMs: 0 } });
  await until(() => h.fakeLog.paused().length > 0, h.fakeLog.deliver);
  expect(h.fakeLog.deliver()).toBe(0);
  await until(async () => (await h.metric('cartledger_ingest_bytes_in_flight')) > 0);
  expect(await h.metric('cartledger_ingest_bytes_in_flight')).toBeLessThan(200_000 + 50 * 1_000);
  gate.resolve();
  await h.settle();
  expect(ids(h)).toHaveLength(5_000);
  await until(async () => (await h.metric('cartledger_ingest_bytes_in_flight')) === 0);
});

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
