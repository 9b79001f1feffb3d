import { type Assignment, EVENTS_TOPIC } from '@cartledger/event-log';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { seeingLosses } from './losses.ts';
import { createIngestMetrics } from './metrics.ts';
import { createHarness, until } from './testing/harness.ts';
import { events, ids, start } from './testing/started.ts';
import { createWaiting } from './waiting.ts';

test('a log that loses its end under a worker is read again, and what it gives the lost offsets to is taken in', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  await start(h);
  await h.settle();
  await h.fakeLog.cut(EVENTS_TOPIC, 6n);
  h.fakeLog.append(EVENTS_TOPIC, events(4, 100));
  await until(() => ids(h).includes('e103'), h.fakeLog.deliver);
  expect(ids(h)).toHaveLength(14);
  expect(await h.metric('cartledger_ingest_tails_lost_total')).toBe(1);
  expect(await h.metric('cartledger_ingest_stale_records_total')).toBe(0);
  expect(await h.metric('cartledger_ingest_lost_records_total')).toBe(0);
});

test('what the lost offsets are given to is taken in also by who finds only the commit, and the log has grown when he ends', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await first.stop();
  await h.fakeLog.cut(EVENTS_TOPIC, 6n);
  h.fakeLog.append(EVENTS_TOPIC, events(2, 100));
  // Ends before it has taken in anything.
  h.store.hooks.isUp = () => false;
  const second = await h.start();
  await until(() => h.fakeLog.committed.get(0)?.offset === 0n, h.fakeLog.deliver);
  await second.stop();
  h.store.hooks.isUp = () => true;
  h.fakeLog.append(EVENTS_TOPIC, events(20, 200));
  await start(h);
  await until(() => ids(h).includes('e219'), h.fakeLog.deliver);
  expect(ids(h)).toContain('e100');
  expect(ids(h)).toContain('e101');
});

test('rows whose records the log has lost are touched: nobody reads those records again', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await first.stop();
  const touched = () => h.store.written.touches.length;
  await h.fakeLog.cut(EVENTS_TOPIC, 6n);
  const before = touched();
  await start(h);
  await until(() => h.fakeLog.committed.get(0)?.offset === 6n, h.fakeLog.deliver);
  const visitorsOf = (rows: readonly Record<string, unknown>[]) => new Set(rows.map((row) => row.visitor_hash));
  const lost = h.store.written.events.filter((row) => Number(row.log_offset) >= 6);
  expect(visitorsOf(lost).difference(visitorsOf(h.store.written.touches.slice(before)))).toEqual(new Set());
});

test('where the group is gone and retention has passed where it was, what was lost in between is told', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await until(() => h.positions.get(0)?.position === 10n);
  await first.stop();
  h.fakeLog.append(EVENTS_TOPIC, events(10, 100));
  h.fakeLog.committed.clear();
  h.fakeLog.retain(EVENTS_TOPIC, 15n);
  await start(h);
  await until(() => ids(h).includes('e109'), h.fakeLog.deliver);
  expect(await h.metric('cartledger_ingest_lost_records_total')).toBe(5);
});

test('where the group is gone, what had been taken in before retention took it is not lost', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  const first = await h.start();
  await h.settle();
  await until(() => h.positions.get(0)?.position === 10n);
  await first.stop();
  h.fakeLog.committed.clear();
  h.fakeLog.retain(EVENTS_TOPIC, 4n);
  await start(h);
  await h.settle();
  expect(await h.metric('cartledger_ingest_lost_records_total')).toBe(0);
});

test('a group that has never read a topic has lost nothing of it', async () => {
  const h = createHarness();
  h.fakeLog.append(EVENTS_TOPIC, events(10));
  h.fakeLog.retain(EVENTS_TOPIC, 4n);
  h.positions.set(0, { topic: EVENTS_TOPIC, partition: 0, position: 0n, taken_in_up_to: 0, told: null });
  await start(h);
  await h.settle();
  expect(await h.metric('cartledger_ingest_lost_records_total')).toBe(0);
});

test('who waited for the last position while the group was joined anew takes nobody’s place, the epochs being the same', async () => {
  const answers: PromiseWithResolvers<[]>[] = [];
  const begun: Assignment[] = [];
  const [metrics, logger] = [
    createIngestMetrics(createMetrics()),
    createLogger({ component: 'test', level: 'silent' }),
  ];
  const waiting = createWaiting({ now: () => 0, logger, metrics });
  const handlers = seeingLosses(
    {
      onAssigned: async (assignment) => {
        begun.push(assignment);
        return 'earliest';
      },
      onRevoked: () => {},
      onBatch: () => {},
      onGap: () => {},
      onFatal: () => {},
    },
    {
      positions: {
        list: () => {
          const answer = Promise.withResolvers<[]>();
          answers.push(answer);
          return answer.promise;
        },
      },
      workers: new Map(),
      waiting,
      metrics,
      logger,
      backoffMs: () => 0,
      life: new AbortController().signal,
    },
    { topic: EVENTS_TOPIC },
  );
  const assignment = { partition: 1, assignmentEpoch: 2, committed: null, earliest: 100n, topicEpoch: 'epoch-1' };
  const [before, after] = [{ ...assignment }, { ...assignment }];
  const [first, second] = [handlers.onAssigned(before), handlers.onAssigned(after)];
  for (const answer of answers.toReversed()) answer.resolve([]);
  await Promise.all([first, second]);
  expect(begun).toEqual([after]);
  expect(begun[0]).toBe(after);
});
