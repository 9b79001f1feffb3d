import { ClickHouseError } from '@cartledger/clickhouse';
import { EVENTS_TOPIC } from '@cartledger/event-log';
import { expect, test } from 'vitest';
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

test('a store too slow for a whole batch gets it in parts, each once, and one that hangs is given all of it again', async () => {
  const h = createHarness({ fetchRecords: 4_000 });
  const sizes: number[] = [];
  let hangs = 2;
  h.store.hooks.beforeInsert = (table, rows) => {
    if (table !== 'events') return;
    sizes.push(rows.length);
    if (rows.length > 1_100 || hangs-- > 0) throw new ClickHouseError('timeout', 'no answer', { retriable: true });
  };
  h.fakeLog.append(EVENTS_TOPIC, events(4_000));
  await start(h, { batch: { maxRows: 4_000, maxBytes: 2 ** 24, maxAgeMs: 0 } });
  await h.settle();
  expect(sizes).toEqual([4_000, 2_000, 1_000, 1_000, 1_000, 1_000, 2_000, 1_000, 1_000]);
  expect(h.store.written.events).toHaveLength(4_000);
  expect(h.store.counts()).toEqual({ 'demo 2026-06-15T12:00 delivered': 4_000 });
  expect(await h.metric('cartledger_ingest_bisections_total')).toBe(0);
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
