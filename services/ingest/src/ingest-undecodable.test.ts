import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC, type ProduceRecord } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { NO_QUARANTINE, type Quarantine, type SetAside } from './quarantine.ts';
import { createHarness, until } from './testing/harness.ts';
import { eventRecord } from './testing/samples.ts';

const events = (count: number, from: number): ProduceRecord[] =>
  Array.from({ length: count }, (_, i) => eventRecord({ event_id: `e${from + i}`, visitor_id: `v${from + i}` }));

const createRanges = (): { quarantine: Quarantine; add: (first: bigint, last: bigint) => void } => {
  const ranges: SetAside[] = [];
  const listeners = new Set<(range: SetAside) => void>();
  const add = (first: bigint, last: bigint): void => {
    const range = { id: 'q1', topicEpoch: 'epoch-1', partition: 0, first, last, reason: 'rotten', by: 'k', at: 0 };
    ranges.push(range);
    for (const listener of listeners) listener(range);
  };
  const onAdded: Quarantine['onAdded'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { quarantine: { ...NO_QUARANTINE, ranges, onAdded }, add };
};

test('records that cannot be decoded block their partition alone; set aside they are passed over, counted, and not met again', async () => {
  const h = createHarness({ partitions: 2 });
  h.fakeLog.hooks.partitionOf = (record) => Number(record.headers?.partition ?? 0);
  const at = (partition: string, records: ProduceRecord[]) =>
    records.map((record) => ({ ...record, headers: { ...record.headers, partition } }));
  h.fakeLog.hooks.unreadable = { partition: 0, first: 5n, last: 9n };
  h.fakeLog.append(EVENTS_TOPIC, [...at('0', events(20, 0)), ...at('1', events(20, 100))]);
  const { quarantine, add } = createRanges();
  await using ingest = await h.start({ stallMs: 20 }, { quarantine });
  await until(() => h.fakeLog.committed.get(1)?.offset === 20n, h.fakeLog.deliver);
  await until(() => h.fakeLog.committed.get(0)?.offset === 5n, h.fakeLog.deliver);
  expect(ingest.partitions()).toMatchObject([
    { partition: 0, position: 5n, state: { name: 'blocked', code: 'undecodable', first: 5n, last: 9n } },
    { partition: 1, position: 20n, state: { name: 'reading' } },
  ]);
  expect(ingest.readiness().reason).toContain('partition 0 is blocked at offsets 5 to 9');

  // Standing still before them is no reason to start the consumer anew, however long it lasts.
  h.clock.now += 60_000;
  const reported = h.positions.get(1)?.taken_in_up_to ?? 0;
  await until(() => (h.positions.get(1)?.taken_in_up_to ?? 0) > reported);
  expect(await h.metric('cartledger_ingest_consumer_restarts_total')).toBe(0);
  expect(h.positions.get(0)?.taken_in_up_to).toBeLessThan(h.clock.now);

  add(5n, 9n);
  await h.settle();
  expect(h.store.kept().size).toBe(35);
  expect(await h.metric('cartledger_ingest_undecodable_records_total')).toBe(5);
  expect(h.fakeLog.records(DEAD_LETTERS_TOPIC)).toEqual([]);
  expect(ingest.partitions()).toMatchObject([{ state: { name: 'reading' } }, { state: { name: 'reading' } }]);
});

test('the position moves behind records that were set aside also when nothing comes after them', async () => {
  const h = createHarness();
  h.fakeLog.hooks.unreadable = { partition: 0, first: 5n, last: 9n };
  h.fakeLog.append(EVENTS_TOPIC, events(10, 0));
  const { quarantine, add } = createRanges();
  add(5n, 9n);
  await using ingest = await h.start({}, { quarantine });
  await h.settle();
  expect(h.store.kept().size).toBe(5);
  expect(ingest.partitions()).toMatchObject([{ position: 10n }]);
});

test('ingest stops while a partition stands before records that cannot be decoded, and is no failure', async () => {
  const h = createHarness();
  h.fakeLog.hooks.unreadable = { partition: 0, first: 0n, last: 9n };
  h.fakeLog.append(EVENTS_TOPIC, events(10, 0));
  const failures: unknown[] = [];
  const ingest = await h.start({}, { quarantine: createRanges().quarantine, onFatal: (error) => failures.push(error) });
  await until(() => ingest.partitions()[0]?.state.name === 'blocked', h.fakeLog.deliver);
  await ingest.stop();
  expect(failures).toEqual([]);
});
