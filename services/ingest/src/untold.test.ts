import { EVENTS_TOPIC } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { createHarness, type Harness, until } from './testing/harness.ts';
import { events, ids, start } from './testing/started.ts';

/** An ingest that writes the events of its batch and is gone before their touches. */
const dieBeforeTouches = async (h: Harness): Promise<void> => {
  const hung = Promise.withResolvers<void>();
  let isBetween = false;
  h.store.hooks.beforeInsert = (table) => {
    if (table !== 'touches') return undefined;
    isBetween = true;
    return hung.promise;
  };
  const first = await h.start();
  await until(() => isBetween, h.fakeLog.deliver);
  h.store.hooks.beforeInsert = () => {};
  const stopped = first.stop();
  hung.reject(new Error('the process is dead'));
  await stopped;
};

const touched = (h: Harness): Set<unknown> => new Set(h.store.written.touches.map((row) => row.visitor_hash));
const visitors = (h: Harness): Set<unknown> => new Set(h.store.written.events.map((row) => row.visitor_hash));

test.each([0, 1])(
  'rows whose topic is made anew before their touches were written are told of (partition %i of 2)',
  async (partition) => {
    const h = createHarness({ partitions: 2 });
    h.fakeLog.hooks.partitionOf = () => partition;
    h.fakeLog.append(EVENTS_TOPIC, events(10));
    await dieBeforeTouches(h);
    expect(ids(h)).toHaveLength(10);
    expect(touched(h).size).toBe(0);
    h.fakeLog.remake(EVENTS_TOPIC);
    h.fakeLog.committed.clear();
    await start(h);
    await until(() => touched(h).size === 7, h.fakeLog.deliver);
    expect(touched(h)).toEqual(visitors(h));
  },
);

test('rows whose records retention takes before their touches were written are told of before anything is committed', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(3, 100));
  const first = await h.start();
  await h.settle();
  await first.stop();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await dieBeforeTouches(h);
  h.fakeLog.append(EVENTS_TOPIC, events(1, 200));
  h.fakeLog.retain(EVENTS_TOPIC, 13n);
  h.store.written.touches.length = 0;
  const atCommit: number[] = [];
  h.fakeLog.hooks.beforeCommit = () => void atCommit.push(touched(h).size);
  await start(h);
  h.fakeLog.handlers().onGap(0, 3n, 13n);
  await h.settle();
  expect(touched(h)).toEqual(visitors(h));
  expect(Math.min(...atCommit)).toBe(7);
});

test('while the store does not answer nothing is committed behind rows without touches', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await dieBeforeTouches(h);
  h.fakeLog.remake(EVENTS_TOPIC);
  h.fakeLog.append(EVENTS_TOPIC, events(1, 200));
  let refusals = 0;
  h.store.hooks.beforeInsert = (table) => {
    if (table === 'touches' && refusals++ < 3) throw new Error('the store is down');
  };
  const atCommit: number[] = [];
  h.fakeLog.hooks.beforeCommit = () => void atCommit.push(touched(h).size);
  await start(h);
  await h.settle();
  expect(refusals).toBeGreaterThan(3);
  expect(Math.min(...atCommit)).toBe(7);
});

test('where all is committed nothing is told twice', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await first.stop();
  const before = h.store.written.touches.length;
  await start(h);
  h.fakeLog.append(EVENTS_TOPIC, events(1, 50));
  await h.settle();
  expect(h.store.written.touches).toHaveLength(before + 1);
});
