import { hostname } from 'node:os';
import { ClickHouseError } from '@cartledger/clickhouse';
import { DEAD_LETTERS_TOPIC, decodeDeadLetter, EVENTS_TOPIC } from '@cartledger/event-log';
import { LIST_QUARANTINE, REPLAY, SHOW_STATUS, type Status } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { createOrders } from '../orders.ts';
import { wordOf } from '../partition-word.ts';
import type { AssignedPartition } from '../readiness.ts';
import { until } from '../testing/harness.ts';
import { eventRecord, NOW } from '../testing/samples.ts';
import { type Admin, createAdminHarness } from './harness.ts';

const statusOf = (admin: Admin): Promise<Status> => admin.ask(SHOW_STATUS);

const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => eventRecord({ event_id: `e${from + i}` }));

/** The even ones in partition 0, the others in partition 1. */
const byNumber = ({ value }: { value: Buffer | null }): number =>
  Number(/"event_id":"e(\d+)"/.exec(String(value))?.[1] ?? 0) % 2;

test('each partition tells where it stands and what it does', async () => {
  const h = await createAdminHarness({ partitions: 2 });
  h.fakeLog.hooks.partitionOf = byNumber;
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const ingest = await h.start();
  await h.settle();
  const status = await statusOf(h.adminOf(ingest));
  expect(status).toMatchObject({ topic: EVENTS_TOPIC, group: 'cartledger-ingest', ready: true, reason: null });
  expect(status.partitions).toEqual(
    [0, 1].map((partition) => ({
      partition,
      worker: `${hostname()}/${process.pid}`,
      told_at: new Date(NOW).toISOString(),
      topic_epoch: 'epoch-1',
      assignment_epoch: 1,
      state: 'reading',
      since: new Date(NOW).toISOString(),
      why: null,
      position: 5,
      earliest: 0,
      end: 5,
      lag_events: 0,
      lag_seconds: 0,
      taken_in_up_to: null,
    })),
  );
});

test('any worker tells of all partitions: what another has told, and since when nobody has', async () => {
  const h = await createAdminHarness({ partitions: 3 });
  const ingest = await h.start();
  const partitions = () => ingest.partitions().filter(({ partition }) => partition === 0);
  const admin = h.adminOf({ ...ingest, partitions });
  const theirs: AssignedPartition = {
    partition: 1,
    worker: 'other/7',
    topicEpoch: 'epoch-1',
    assignmentEpoch: 4,
    position: 3n,
    state: { name: 'blocked', since: NOW - 60_000, code: 'unexpected', message: 'no', first: 3n, last: 5n },
  };
  const row = { topic: EVENTS_TOPIC, position: 3n, taken_in_up_to: NOW - 60_000 };
  const told = { worker: 'other/7', at: NOW - 2_000, word: wordOf(theirs) };
  await h.control.positions.report([{ ...row, partition: 1, told }]);
  const blocked = {
    worker: 'other/7',
    told_at: new Date(NOW - 2_000).toISOString(),
    state: 'blocked',
    since: new Date(NOW - 60_000).toISOString(),
    why: { code: 'unexpected', first_offset: 3, last_offset: 5 },
    assignment_epoch: 4,
    position: 3,
  };
  const nobody = { worker: null, told_at: null, state: 'unknown', assignment_epoch: null };
  expect((await statusOf(admin)).partitions).toMatchObject([{ state: 'reading' }, blocked, nobody]);
  // Killed, or cut off: its last word is no longer what is.
  h.clock.now += 14_000;
  const silent = { worker: 'other/7', told_at: blocked.told_at, state: 'unknown', since: null, why: null };
  expect((await statusOf(admin)).partitions[1]).toMatchObject(silent);
  // Of a version that tells otherwise.
  await h.control.positions.report([{ ...row, partition: 1, told: { ...told, at: h.clock.now, word: { says: 1 } } }]);
  expect((await statusOf(admin)).partitions[1]).toMatchObject({ worker: 'other/7', state: 'unknown' });
});

test('a partition that has obeyed the order to drain is drained since then, until that is taken back', async () => {
  const h = await createAdminHarness({ partitions: 3 });
  const admin = h.adminOf(await h.start());
  const orders = createOrders(h.control.state, { topic: EVENTS_TOPIC, now: () => h.clock.now });
  const receipt = { by: 'host/1', position: 0n, at: NOW - 5_000 };
  await orders.giveDrainReceipt(0, { ...receipt, id: 'd2' });
  await orders.giveDrainReceipt(1, { ...receipt, id: 'an earlier order' });
  const states = async () => (await statusOf(admin)).partitions.map(({ state }) => state);
  expect(await states()).toEqual(['reading', 'reading', 'reading']);
  await orders.setDrain({ id: 'd2', at: NOW - 9_000 });
  expect(await states()).toEqual(['drained', 'reading', 'reading']);
  expect((await statusOf(admin)).partitions[0]).toMatchObject({
    since: new Date(NOW - 5_000).toISOString(),
    why: null,
  });
  await orders.setDrain(null);
  expect(await states()).toEqual(['reading', 'reading', 'reading']);
});

test('a partition that waits says for what, why and since when, and how far it lags', async () => {
  const h = await createAdminHarness();
  const ingest = await h.start();
  const admin = h.adminOf(ingest);
  const failures = new Set(['TOO_MANY_PARTS']);
  h.store.hooks.beforeInsert = () => {
    for (const code of failures) throw new ClickHouseError(code, 'refused', { retriable: true });
  };
  await h.control.positions.report([{ topic: EVENTS_TOPIC, partition: 0, position: 0n, taken_in_up_to: NOW - 3_000 }]);
  h.fakeLog.append(EVENTS_TOPIC, events(4));
  await until(async () => (await statusOf(admin)).partitions[0]?.state === 'waiting', h.fakeLog.deliver);
  h.clock.now += 7_000;
  const { partitions, ready, reason } = await statusOf(admin);
  expect(partitions).toMatchObject([
    {
      state: 'waiting',
      why: { step: 'events', code: 'TOO_MANY_PARTS' },
      since: new Date(NOW).toISOString(),
      position: 0,
      end: 4,
      lag_events: 4,
      lag_seconds: 10,
    },
  ]);
  expect({ ready, reason }).toEqual({ ready: false, reason: 'waiting for events for 7 s: TOO_MANY_PARTS' });
  failures.clear();
  await h.settle();
  expect((await statusOf(admin)).partitions).toMatchObject([
    { state: 'reading', since: new Date(NOW + 7_000).toISOString() },
  ]);
});

const POISON = ['e4', 'e6'];

/**
 * Two events that are never taken in: the store never answers of their rows, or (`touches`) refuses what follows from
 * them, which is nobody's fault but theirs.
 */
const poisoned = async (table: 'events' | 'touches') => {
  const h = await createAdminHarness({ partitions: 2 });
  h.fakeLog.hooks.partitionOf = byNumber;
  const poison = new Set(POISON);
  const visitors = new Set<unknown>();
  h.store.hooks.beforeInsert = (into, rows) => {
    for (const row of rows) if (poison.has(String(row.event_id))) visitors.add(row.visitor_hash);
    const isPoisoned = poison.size > 0 && rows.some(({ visitor_hash }) => visitors.has(visitor_hash));
    if (!isPoisoned || into !== table) return;
    if (table === 'events') throw new ClickHouseError('timeout', 'slow', { retriable: true });
    throw new ClickHouseError('VIOLATED_CONSTRAINT', 'no such touch', { refusedData: true });
  };
  const ingest = await h.start();
  h.fakeLog.append(
    EVENTS_TOPIC,
    Array.from({ length: 10 }, (_, i) =>
      eventRecord({ event_id: `e${i}`, ...(POISON.includes(`e${i}`) && { visitor_id: 'poison' }) }),
    ),
  );
  return { ...h, ingest, admin: h.adminOf(ingest), mend: () => poison.clear() };
};

const quarantined = ({ fakeLog }: Pick<Awaited<ReturnType<typeof poisoned>>, 'fakeLog'>) =>
  fakeLog
    .records(DEAD_LETTERS_TOPIC)
    .map(decodeDeadLetter)
    .map((letter) => [letter?.reason.code, letter?.origin.partition, Number(letter?.origin.offset)]);

test('a batch that fails by itself blocks its partition, which says so, and the others flow', async () => {
  const h = await poisoned('touches');
  await until(() => h.fakeLog.committed.get(1)?.offset === 5n, h.fakeLog.deliver);
  await until(async () => (await statusOf(h.admin)).partitions[0]?.state === 'blocked');
  const status = await statusOf(h.admin);
  expect(status).toMatchObject({
    ready: false,
    reason: 'partition 0 is blocked at offsets 0 to 4: VIOLATED_CONSTRAINT',
  });
  expect(status.partitions).toMatchObject([
    { state: 'blocked', why: { message: 'ClickHouseError: no such touch', first_offset: 0, last_offset: 4 } },
    { state: 'reading', position: 5 },
  ]);
  expect(await h.metric('cartledger_ingest_partition_state')).toBe(2);
  // What it was is over by itself: tried again, nothing is lost.
  h.mend();
  await h.settle();
  expect(h.store.kept().size).toBe(10);
  expect(h.store.counts()).toEqual({ 'demo 2026-06-15T12:00 delivered': 10 });
  expect((await statusOf(h.admin)).ready).toBe(true);
});

test.each([
  ['waits for a store that never takes it', 'events', 8],
  // What is blocked after its events have landed has them in the store: there they are the same events.
  ['is blocked by a failure of its own', 'touches', 10],
] as const)(
  'a partition that %s goes on at once when the range is set aside, and all is counted once',
  async (_, table, kept) => {
    const h = await poisoned(table);
    await until(async () => {
      h.fakeLog.deliver();
      return (await statusOf(h.admin)).partitions[0]?.state === (table === 'events' ? 'waiting' : 'blocked');
    });
    const range = { partition: 0, first_offset: 2, last_offset: 3, reason: 'e4 and e6 crash it' };
    const answered = await h.admin.send('POST', '/quarantine', range);
    const receipt = { id: 'q1', ...range, topic_epoch: 'epoch-1', at: new Date(h.clock.now).toISOString() };
    expect(answered).toMatchObject({ status: 201, body: { ...receipt, records_before_position: 0, records_ahead: 2 } });
    await h.settle();
    expect(h.store.kept().size).toBe(kept);
    expect(quarantined(h)).toEqual([
      ['quarantined', 0, 2],
      ['quarantined', 0, 3],
    ]);
    expect(h.store.counts()).toEqual({
      'demo 2026-06-15T12:00 delivered': 8,
      'demo 2026-06-15T12:00 rejected:quarantined': 2,
    });
    expect(await h.admin.ask(LIST_QUARANTINE)).toMatchObject({ quarantined: [{ ...receipt, present: true }] });
    expect((await statusOf(h.admin)).quarantined).toMatchObject([receipt]);

    // Later: what was wrong is mended, and a replay brings them in.
    h.mend();
    const { replay } = await h.admin.ask(REPLAY, { json: { reason: 'quarantined' } });
    expect(await h.admin.ask(REPLAY, { json: { run: replay?.id ?? 0 } })).toMatchObject({
      replay: { replayed: 2 },
    });
    await h.settle();
    expect(h.store.kept().size).toBe(10);
    expect(quarantined(h)).toHaveLength(2);
  },
);

test('a worker that is just started knows what is set aside before it takes in a record', async () => {
  const h = await createAdminHarness();
  await h.newQuarantine().add({
    topicEpoch: 'epoch-1',
    partition: 0,
    first: 2n,
    last: 3n,
    reason: 'it ends the process',
    by: 'somebody',
  });
  const written: unknown[] = [];
  h.store.hooks.beforeInsert = (_, rows) => void written.push(...rows.map(({ event_id }) => event_id));
  h.fakeLog.append(EVENTS_TOPIC, events(5));
  await h.start();
  await h.settle();
  expect(quarantined(h)).toHaveLength(2);
  expect([...h.store.kept().keys()]).toEqual(['e0', 'e1', 'e4']);
  expect(written).not.toContain('e2');
});

test('a range that is none is refused by name', async () => {
  const h = await poisoned('events');
  const refused = async (range: object) => (await h.admin.send('POST', '/quarantine', range)).body;
  const range = { partition: 0, first_offset: 2, last_offset: 3, reason: 'x' };
  for (const [change, field] of [
    [{ partition: 7 }, 'partition'],
    [{ first_offset: 4 }, 'last_offset'],
    [{ last_offset: 5 }, 'last_offset'],
    [{ reason: ' ' }, 'reason'],
  ] as const)
    expect(await refused({ ...range, ...change })).toMatchObject({ error: { code: 'bad_request', field } });
  expect(h.quarantine.ranges).toEqual([]);
});
