import { expect, onTestFinished, test, vi } from 'vitest';
import { recorder, recordsOf } from '../conformance/harness.ts';
import { silentLogger } from '../logger.ts';
import type { MembershipHandlers, OffsetToCommit, TopicClient } from './backend.ts';
import { createKafkaConsumer } from './consumer.ts';
import { KAFKA_ERROR } from './error-codes.ts';
import { recordAt } from './testing/record-at.ts';

/** A topic of one partition with a record at each offset of [earliest, end), and a group of one member. */
async function follow(state: { epoch: string; earliest: bigint; end: bigint; committed: bigint | null }) {
  const hooks: { afterRefusal: () => void; beforeOffsets: () => Promise<void> | void } = {
    afterRefusal: () => {},
    beforeOffsets: () => {},
  };
  const client: TopicClient = {
    epoch: async () => state.epoch,
    async offsets() {
      const { earliest, end } = state;
      await hooks.beforeOffsets();
      return [{ partition: 0, earliest, end }];
    },
    offsetsAt: async () => new Map(),
    committed: async () => new Map(state.committed === null ? [] : [[0, { offset: state.committed, metadata: '' }]]),
    leaders: (partitions) => new Map(partitions.length > 0 ? [['1', [...partitions]]] : []),
    async fetch(_node, _topic, asked) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return asked.map(({ partition, from }) => {
        const isWithin = from >= state.earliest && from <= state.end;
        const answer = {
          partition,
          errorCode: isWithin ? KAFKA_ERROR.NONE : KAFKA_ERROR.OFFSET_OUT_OF_RANGE,
          highWatermark: state.end,
          lastStableOffset: state.end,
          aborted: [],
          bytes: isWithin && from < state.end ? recordAt(from) : Buffer.alloc(0),
        };
        if (!isWithin) {
          hooks.afterRefusal();
        }
        return answer;
      });
    },
    refresh: async () => {},
    close: async () => {},
  };
  const stored: OffsetToCommit[] = [];
  let told: MembershipHandlers | undefined;
  const join = () => void setImmediate(() => told?.onJoined([0]));
  const rejoin = vi.fn<() => void>(() => {
    told?.onLost();
    join();
  });
  const { seen, handlers } = recorder();
  const consumer = await createKafkaConsumer(
    {
      membership(_, membershipHandlers) {
        told = membershipHandlers;
        return {
          start: async () => join(),
          commit: async (offsets) => {
            stored.push(...offsets);
            return true;
          },
          rejoin,
          stop: async () => {},
        };
      },
      queries: client,
      fetches: client,
      verifyChecksums: false,
      logger: silentLogger,
    },
    { topic: 'topic', groupId: 'group', handlers },
  );
  onTestFinished(() => consumer.stop());
  const offsets = () => recordsOf(seen).map(({ offset }) => Number(offset));
  return { consumer, seen, offsets, stored, rejoin, hooks };
}

test('a topic made again is noticed by the commit itself: nothing is stored for it, and the group is joined anew', async () => {
  const state = { epoch: 'first', earliest: 0n, end: 3n, committed: null };
  const { consumer, seen, offsets, stored, rejoin } = await follow(state);
  await vi.waitUntil(() => offsets().length === 3);
  const [assigned] = seen.assigned;
  expect(await consumer.commit(0, assigned?.assignmentEpoch ?? -1, 2n, 'm')).toBe(true);
  expect(rejoin).not.toHaveBeenCalled();

  state.epoch = 'second';
  // No timer has looked meanwhile: that is every 30 s.
  expect(await consumer.commit(0, assigned?.assignmentEpoch ?? -1, 3n, 'm')).toBe(false);
  expect(stored).toEqual([{ partition: 0, offset: 2n, metadata: 'm' }]);
  expect(rejoin).toHaveBeenCalledOnce();
  await vi.waitUntil(() => seen.assigned.length === 2);
  expect(seen.assigned[1]?.topicEpoch).toBe('second');
});

test('a partition that is cut off under its reader is assigned anew, and read from its start', async () => {
  const state = { epoch: 'epoch', earliest: 2n, end: 10n, committed: 4n };
  const { consumer, seen, offsets, stored } = await follow(state);
  await vi.waitUntil(() => offsets().length === 6);
  state.end = 7n;
  await vi.waitUntil(() => offsets().length === 6 + 5);
  expect(offsets().slice(6)).toEqual([2, 3, 4, 5, 6]);
  expect(seen.revoked).toEqual([0]);
  const [old, present] = seen.assigned;
  expect(present).toMatchObject({ earliest: 2n, committed: { offset: 4n }, lostTail: { position: 10n, end: 7n } });
  expect(old?.lostTail).toBeUndefined();
  expect(await consumer.commit(0, old?.assignmentEpoch ?? -1, 10n, 'm')).toBe(false);
  expect(await consumer.commit(0, present?.assignmentEpoch ?? -1, 7n, 'm')).toBe(true);
  expect(stored).toEqual([{ partition: 0, offset: 7n, metadata: 'm' }]);
  expect(seen.gaps).toEqual([]);
});

test('a partition that was cut off, and grows past the position before its end is asked for, is read from its start too', async () => {
  const state = { epoch: 'epoch', earliest: 0n, end: 5n, committed: null };
  const { seen, offsets, hooks } = await follow(state);
  await vi.waitUntil(() => offsets().length === 5);
  hooks.afterRefusal = () => {
    state.end = 8n;
  };
  state.end = 3n;
  await vi.waitUntil(() => offsets().length === 5 + 8);
  expect(offsets().slice(5)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(seen.assigned[1]?.lostTail).toEqual({ position: 5n, end: 8n });
});

test.each([
  { name: 'moved behind a gap', earliest: 8n, end: 10n },
  { name: 'cut off', earliest: 0n, end: 3n },
])(
  'what is found out for an assignment that is over says nothing about the next one: $name',
  async ({ earliest, end }) => {
    const state = { epoch: 'epoch', earliest: 0n, end: 5n, committed: null };
    const { seen, offsets, rejoin, hooks } = await follow(state);
    await vi.waitUntil(() => offsets().length === 5);
    const [asking, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    hooks.beforeOffsets = () => {
      hooks.beforeOffsets = () => {};
      asking.resolve();
      return answered.promise;
    };
    Object.assign(state, { earliest, end });
    await asking.promise;
    rejoin();
    const last = Number(end) - 1;
    await vi.waitUntil(() => seen.assigned.length === 2 && offsets().at(-1) === last);
    const before = offsets();
    answered.resolve();
    // The present assignment's own is found out after that.
    Object.assign(state, { earliest: 20n, end: 22n });
    await vi.waitUntil(() => offsets().at(-1) === 21);
    expect(offsets()).toEqual([...before, 20, 21]);
    expect(seen.gaps).toEqual([{ partition: 0, from: end, to: 20n }]);
    expect(seen.revoked).toEqual([0]);
    expect(seen.assigned).toHaveLength(2);
    expect(seen.fatal).toEqual([]);
  },
);

test('a position out of range is asked about again until the log answers', async () => {
  const state = { epoch: 'epoch', earliest: 0n, end: 5n, committed: null };
  const { seen, offsets, hooks } = await follow(state);
  await vi.waitUntil(() => offsets().length === 5);
  hooks.beforeOffsets = () => {
    hooks.beforeOffsets = () => {};
    throw new Error('connection closed');
  };
  Object.assign(state, { earliest: 8n, end: 10n });
  await vi.waitUntil(() => offsets().at(-1) === 9, { timeout: 5_000 });
  expect(seen.gaps).toEqual([{ partition: 0, from: 5n, to: 8n }]);
  expect(seen.fatal).toEqual([]);
});
