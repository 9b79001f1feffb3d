import { ClickHouseError } from '@cartledger/clickhouse';
import { EVENTS_TOPIC } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import type { IngestDeps } from './port.ts';
import { logDown } from './testing/fake-log.ts';
import { createHarness, until } from './testing/harness.ts';
import { rawRecord } from './testing/samples.ts';
import { byText, deadReasons, events, ids, start } from './testing/started.ts';

const refusal = (): ClickHouseError => new ClickHouseError('VIOLATED_CONSTRAINT', 'refused', { refusedData: true });

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

test('a store that answers every insert after 9 s takes everything in: the whole batch again, with more time', async () => {
  const h = createHarness();
  const given: number[] = [];
  const sizes = new Set<number>();
  h.store.hooks.beforeInsert = (table, rows) => void (table === 'events' && sizes.add(rows.length));
  const clickhouse: IngestDeps['clickhouse'] = {
    ...h.store.clickhouse,
    insertNative: async (table, columns, data, onlyIf, timeoutMs = 60_000) => {
      given.push(timeoutMs);
      h.clock.now += Math.min(9_000, timeoutMs);
      await h.store.clickhouse.insertNative(table, columns, data, onlyIf);
      if (timeoutMs < 9_000) throw new ClickHouseError('timeout', 'no answer', { retriable: true });
    },
  };
  h.fakeLog.append(EVENTS_TOPIC, events(300));
  await start(h, {}, { clickhouse });
  await h.settle();
  // On a busy machine two fetches may come as one.
  expect(Math.min(...sizes)).toBe(100);
  expect(given.filter((ms) => ms !== 16_000)).toEqual([8_000]);
  expect(ids(h)).toHaveLength(300);
  expect(h.store.counts()).toEqual({ 'demo 2026-06-15T12:00 delivered': 300 });
  expect(await h.metric('cartledger_ingest_bisections_total')).toBe(0);
});

test('a store that hangs is told of after 5 s, before an insert is given up', async () => {
  const h = createHarness();
  const answer = Promise.withResolvers<void>();
  let hangs = false;
  h.store.hooks.beforeInsert = async (table) => {
    if (table !== 'events') return;
    hangs = true;
    await answer.promise;
  };
  h.fakeLog.append(EVENTS_TOPIC, events(5));
  const ingest = await start(h);
  await until(() => hangs, h.fakeLog.deliver);
  h.clock.now += 4_999;
  expect(ingest.readiness().ready).toBe(true);
  h.clock.now += 1;
  expect(ingest.readiness()).toMatchObject({ ready: false, reason: 'waiting for events for 5 s: unanswered' });
  answer.resolve();
  await h.settle();
  expect(ingest.readiness().ready).toBe(true);
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
