import type { LogConsumer } from '@cartledger/event-log';
import { createLogger } from '@cartledger/service';
import { beforeEach, expect, test } from 'vitest';
import { createOperations, type Operations } from './operations.ts';
import { createOrders } from './orders.ts';
import type { PartitionWorker } from './partition-worker.ts';

const TOPIC = 'events';
const EPOCH = 'epoch-1';

const setUp = () => {
  const documents = new Map<string, unknown>();
  const state = {
    get: async (name: string) => documents.get(name) ?? null,
    set: async (name: string, value: unknown) => void documents.set(name, value),
  };
  const deeds: string[] = [];
  const clock = { now: 5 };
  const answers = { up: true, commits: true, earliest: 0n, point: null as bigint | null };
  const clickhouse = {
    ping: async () => answers.up,
    query: async ({ name }: { name: string }) => {
      if (answers.point === null) return [];
      if (name === 'intake_runs_of_partition') return [{ generation: 1n, start: 0n }];
      return name === 'intake_last_begun_row' ? [{ first: answers.point }] : [{ first: null }];
    },
  };
  const log = {
    offsets: async () => [0, 1].map((partition) => ({ partition, earliest: answers.earliest, end: 1_000n })),
  };
  const consumer = {
    pause: (partition: number) => void deeds.push(`pause ${partition}`),
    resume: () => {},
    commit: async (partition: number, _epoch: number, offset: bigint, metadata: string) => {
      deeds.push(`commit ${partition} ${offset} ${metadata}`);
      return answers.commits;
    },
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  } satisfies LogConsumer;
  const workerAt = (partition: number, position: bigint | 'earliest', topicEpoch = EPOCH) => {
    const progress = { position, busy: false, owesCommit: false };
    const worker: PartitionWorker = {
      assignmentEpoch: 7,
      topicEpoch,
      progress,
      take: () => {},
      passOver: async () => null,
      gap: () => {},
      isPaused: false,
      commitAgain: async () => true,
      drain: async () => void deeds.push(`finished ${partition}`),
      stop: () => void deeds.push(`stop ${partition}`),
    };
    return { worker, progress };
  };
  const positions = {
    keepOnly: async (_: string, kept: readonly number[]) => void deeds.push(`claims of ${kept} stay`),
  };
  const make = (): Operations =>
    createOperations(
      {
        state,
        positions,
        clickhouse: clickhouse as never,
        log,
        instance: 'host/1',
        logger: createLogger({ component: 'test', level: 'silent' }),
        now: () => clock.now,
      },
      { topic: TOPIC },
    );
  const orders = createOrders(state, { topic: TOPIC, now: () => clock.now });
  return { clock, orders, deeds, answers, consumer, workerAt, make };
};

let h: ReturnType<typeof setUp>;
beforeEach(() => {
  h = setUp();
});
const rewindTo = (asked: bigint, epoch = EPOCH) =>
  h.orders.setRewind({ id: `to ${asked}`, at: 1, epoch, targets: [{ partition: 0, asked }] });

test('set back, a partition is stopped and finished, its claim withdrawn, its offset committed and its receipt given', async () => {
  const operations = h.make();
  const workers = new Map([[0, h.workerAt(0, 90n).worker]]);
  expect(await operations.obey(workers, h.consumer)).toBe('nothing');
  await rewindTo(50n);
  expect(await operations.obey(workers, h.consumer)).toBe('join_anew');
  expect(h.deeds).toEqual(['stop 0', 'finished 0', 'claims of 1 stay', `commit 0 50 {"v":1,"epoch":"${EPOCH}"}`]);
  expect(await h.orders.rewindReceipt(0)).toEqual({
    id: 'to 50',
    by: 'host/1',
    from: 90n,
    to: 50n,
    countsExact: true,
    at: 5,
  });
  // Once: also by whoever has the partition after a restart.
  expect(await operations.obey(workers, h.consumer)).toBe('nothing');
  expect(await h.make().obey(workers, h.consumer)).toBe('nothing');
});

test('without its receipt, after a crash or a refused commit, a partition is set back again by its next owner', async () => {
  h.answers.commits = false;
  const workers = new Map([[0, h.workerAt(0, 90n).worker]]);
  await rewindTo(50n);
  expect(await h.make().obey(workers, h.consumer)).toBe('join_anew');
  expect(await h.orders.rewindReceipt(0)).toBeNull();
  h.answers.commits = true;
  expect(await h.make().obey(workers, h.consumer)).toBe('join_anew');
  expect(await h.orders.rewindReceipt(0)).toMatchObject({ id: 'to 50' });
});

test('partitions of others, and of another life of the topic, are not touched', async () => {
  await rewindTo(50n, 'another epoch');
  expect(await h.make().obey(new Map([[0, h.workerAt(0, 90n).worker]]), h.consumer)).toBe('nothing');
  await rewindTo(50n);
  expect(await h.make().obey(new Map([[1, h.workerAt(1, 90n).worker]]), h.consumer)).toBe('nothing');
  expect(h.deeds).toEqual([]);
});

test('while ClickHouse does not answer no worker is stopped', async () => {
  h.answers.up = false;
  await rewindTo(50n);
  expect(await h.make().obey(new Map([[0, h.workerAt(0, 90n).worker]]), h.consumer)).toBe('nothing');
  expect(h.deeds).toEqual([]);
});

test('where counts can be taken up exactly lies earlier, or is not in the log any more: then it is said', async () => {
  const workers = new Map([[0, h.workerAt(0, 90n).worker]]);
  h.answers.point = 40n;
  await rewindTo(50n);
  await h.make().obey(workers, h.consumer);
  expect(await h.orders.rewindReceipt(0)).toMatchObject({ to: 40n, countsExact: true });
  h.answers.earliest = 45n;
  await rewindTo(51n);
  await h.make().obey(workers, h.consumer);
  expect(await h.orders.rewindReceipt(0)).toMatchObject({ to: 51n, countsExact: false });
});

test('drained, partitions are paused again and again, and each gives a receipt when nothing of it is in hand', async () => {
  const operations = h.make();
  const { worker, progress } = h.workerAt(0, 90n);
  progress.busy = true;
  await h.orders.setDrain({ id: 'd1', at: 1 });
  expect(operations.held).toBe(false);
  await operations.load();
  expect(operations.held).toBe(true);
  await operations.obey(new Map([[0, worker]]), h.consumer);
  expect(await h.orders.drainReceipt(0)).toBeNull();
  progress.busy = false;
  progress.position = 95n;
  await operations.obey(new Map([[0, worker]]), h.consumer);
  expect(h.deeds).toEqual(['pause 0', 'pause 0']);
  expect(await h.orders.drainReceipt(0)).toEqual({ id: 'd1', by: 'host/1', position: 95n, at: 5 });

  await h.orders.setDrain(null);
  expect(await operations.obey(new Map([[0, worker]]), h.consumer)).toBe('resume');
  expect(await operations.obey(new Map([[0, worker]]), h.consumer)).toBe('nothing');
});

test('an order to drain that has an end is over then, whoever was to take it back', async () => {
  const operations = h.make();
  const { worker } = h.workerAt(0, 90n);
  await h.orders.setDrain({ id: 'd1', at: 5, until: 100 });
  await operations.load();
  expect(operations.held).toBe(true);
  h.clock.now = 99;
  expect(await operations.obey(new Map([[0, worker]]), h.consumer)).toBe('nothing');
  h.clock.now = 100;
  expect(await operations.obey(new Map([[0, worker]]), h.consumer)).toBe('resume');
  expect([operations.held, await h.orders.drain()]).toEqual([false, null]);
});
