import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { createHarness, until } from './testing/harness.ts';
import { eventRecord, NOW, rawRecord } from './testing/samples.ts';
import { byText, deadReasons, events, ids, start } from './testing/started.ts';

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

test('what happened longer ago than its store keeps is left out, through the import door and read again too, and counted', async () => {
  const h = createHarness();
  h.retention.days = 600;
  const received = (event_id: string, days: number) => {
    const at = NOW - days * 86_400_000;
    const record = eventRecord({ event_id, occurred_at: at, source: 'import' }, at);
    return { ...record, headers: { ...record.headers, 'cartledger-import': '1' } };
  };
  h.fakeLog.append(EVENTS_TOPIC, [received('kept', 599), received('expired', 601), eventRecord({ event_id: 'live' })]);
  await start(h);
  await h.settle();
  expect(new Set(ids(h))).toEqual(new Set(['kept', 'live']));
  expect(await h.metric('cartledger_ingest_events_expired_total')).toBe(1);
  expect(await h.metric('cartledger_ingest_rejected_total')).toBe(0);
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
