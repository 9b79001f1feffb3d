import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../logger.ts';
import { KAFKA_ERROR } from './error-codes.ts';
import { createMembership, type GroupLink } from './membership.ts';
import { array, int16, int32, NULL_STRING, string } from './protocol/fields.ts';
import { assignedOf, dealOut } from './protocol/group.ts';
import { createReader } from './protocol/reader.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ok = { code: KAFKA_ERROR.NONE as number };
const gone = () => Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' });
const blob = (value: Buffer) => Buffer.concat([int32(value.length), value]);

/** A group with `us` in it, whose coordinator answers as it is told to. */
function setUp({ others = [] as string[], weLead = true } = {}) {
  const asked: { name: string; memberId: string }[] = [];
  const answers = new Map<string, () => { code: number }>();
  let partitions = [0, 1, 2, 3];
  let generation = 0;
  let ids = 0;
  let shares = new Map<string, Buffer>();

  /** What the broker writes; the bodies are read as Kafka's protocol guide has them. */
  function reply(name: string, body: Buffer): Buffer {
    const read = createReader(body);
    read.string(); // group
    if (name === 'JoinGroup') read.skip(8);
    else if (name !== 'LeaveGroup') read.skip(4);
    const memberId = read.string();
    asked.push({ name, memberId });
    const { code } = answers.get(name)?.() ?? ok;
    const [throttle, error] = [int32(0), int16(code)];
    if (name === 'JoinGroup') {
      const given = memberId || `us-${++ids}`;
      const wanted = memberId === '' && code === KAFKA_ERROR.NONE ? KAFKA_ERROR.MEMBER_ID_REQUIRED : code;
      if (wanted === KAFKA_ERROR.NONE) generation++;
      const members = [given, ...others].map((id) => Buffer.concat([string(id), NULL_STRING, blob(Buffer.alloc(0))]));
      const leader = string(weLead ? given : 'other');
      const head = [throttle, int16(wanted), int32(generation), string('RoundRobinAssigner'), leader, string(given)];
      return Buffer.concat([...head, array(weLead ? members : [])]);
    }
    if (name === 'SyncGroup') {
      read.string(); // instance
      const said = read.array(() => [read.string(), Buffer.from(read.bytes())] as const);
      shares = weLead ? new Map(said) : dealOut('topic', partitions, [memberId, ...others]);
      return Buffer.concat([throttle, error, blob(shares.get(memberId) ?? Buffer.alloc(0))]);
    }
    if (name === 'OffsetCommit') {
      const committed = read.array(() => {
        const topic = read.string();
        const of = read.array(() => {
          const partition = read.int32();
          read.skip(8);
          read.string();
          return Buffer.concat([int32(partition), error]);
        });
        return Buffer.concat([string(topic), array(of)]);
      });
      return Buffer.concat([throttle, array(committed)]);
    }
    return Buffer.concat([throttle, error]);
  }

  const link: GroupLink = {
    connect: async () => {},
    ask: async ({ apiName, body, decode }) => decode(reply(apiName, body)).answer,
    moved: vi.fn<() => void>(),
    partitions: async () => partitions,
    close: async () => {},
  };
  const events: string[] = [];
  const membership = createMembership(
    link,
    { topic: 'topic', groupId: 'group', logger: silentLogger },
    {
      onJoined: (given) => void events.push(`joined ${given.join()}`),
      onLost: () => void events.push('lost'),
      onFatal: (error) => void events.push(`fatal ${error.message}`),
    },
  );
  const count = (name: string) => asked.filter((each) => each.name === name).length;
  return {
    ...{ membership, link, events, asked, count },
    shares: () => shares,
    answer: (name: string, how: () => { code: number }) => void answers.set(name, how),
    grow: (to: number[]) => {
      partitions = to;
    },
  };
}

async function joined(options?: Parameters<typeof setUp>[0]) {
  const group = setUp(options);
  await group.membership.start();
  await vi.waitFor(() => expect(group.events).toHaveLength(1));
  return group;
}

const offsets = [{ partition: 0, offset: 7n, metadata: 'epoch' }];

test('the leader deals the partitions out, everyone reads its own share and gives signs of life', async () => {
  const leader = await joined({ others: ['a', 'z'] });
  expect(leader.events).toEqual(['joined 1']);
  expect([...leader.shares()].map(([id, share]) => [id, assignedOf('topic', share)])).toEqual([
    ['a', [0, 3]],
    ['us-1', [1]],
    ['z', [2]],
  ]);
  const follower = await joined({ others: ['a'], weLead: false });
  expect(follower.events).toEqual(['joined 1,3']);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(follower.count('Heartbeat')).toBe(5);
  expect(follower.count('JoinGroup')).toBe(2); // once for its id
});

test('a member without a share has none', () => {
  const shares = dealOut('topic', [0], ['a', 'b']);
  expect(assignedOf('topic', shares.get('b') ?? expect.fail())).toEqual([]);
  expect(assignedOf('topic', Buffer.alloc(0))).toEqual([]);
});

test('while the coordinator is away or moves nobody loses a partition, and the member is the same afterwards', async () => {
  const { answer, events, asked, link, count } = await joined();
  let beats = 0;
  answer('Heartbeat', () => {
    beats++;
    if (beats <= 8) throw gone();
    return { code: beats === 9 ? KAFKA_ERROR.COORDINATOR_LOAD_IN_PROGRESS : KAFKA_ERROR.NONE };
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(beats).toBeGreaterThan(30);
  expect(events).toEqual(['joined 0,1,2,3']);
  expect(link.moved).toHaveBeenCalledTimes(1);
  expect(count('JoinGroup')).toBe(2);
  expect(new Set(asked.filter(({ name }) => name === 'Heartbeat').map(({ memberId }) => memberId))).toEqual(
    new Set(['us-1']),
  );
});

test('joining that breaks off is gone on with under the id given, so that the group waits for nobody else', async () => {
  const group = setUp();
  let joins = 0;
  group.answer('JoinGroup', () => {
    if (++joins === 2 || joins === 3) throw gone();
    return ok;
  });
  await group.membership.start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(group.events).toEqual(['joined 0,1,2,3']);
  const ids = group.asked.filter(({ name }) => name === 'JoinGroup').map(({ memberId }) => memberId);
  expect(ids).toEqual(['', 'us-1', 'us-1', 'us-1']);
});

test.each([
  ['REBALANCE_IN_PROGRESS', 'us-1'],
  ['ILLEGAL_GENERATION', 'us-1'],
  ['UNKNOWN_MEMBER_ID', 'us-2'],
] as const)('a group that answers %s is joined anew, as %s', async (name, id) => {
  const { answer, events, asked } = await joined();
  let beats = 0;
  answer('Heartbeat', () => ({ code: ++beats === 2 ? KAFKA_ERROR[name] : KAFKA_ERROR.NONE }));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(events).toEqual(['joined 0,1,2,3', 'lost', 'joined 0,1,2,3']);
  expect(asked.findLast((each) => each.name === 'SyncGroup')?.memberId).toBe(id);
});

test('partitions that the topic got are dealt out without anybody asking for it', async () => {
  const { events, grow } = await joined();
  grow([0, 1, 2, 3, 4, 5]);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(events).toEqual(['joined 0,1,2,3', 'lost', 'joined 0,1,2,3,4,5']);
});

test('a commit waits for a coordinator that moves, and is not taken for stored when the group says it is over', async () => {
  const { answer, membership, link } = await joined();
  let tries = 0;
  answer('OffsetCommit', () => {
    tries++;
    if (tries === 1) throw gone();
    return { code: tries === 2 ? KAFKA_ERROR.NOT_COORDINATOR : KAFKA_ERROR.NONE };
  });
  const stored = membership.commit(offsets);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await stored).toBe(true);
  expect(tries).toBe(3);
  expect(link.moved).toHaveBeenCalledTimes(1);
  answer('OffsetCommit', () => ({ code: KAFKA_ERROR.ILLEGAL_GENERATION }));
  expect(await membership.commit(offsets)).toBe(false);
  answer('OffsetCommit', () => {
    throw gone();
  });
  const failed = membership.commit(offsets).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await failed).toMatchObject({ name: 'EventLogError', retriable: true });
});

test('what may not be done ends the membership; a stopped one leaves, and says nothing any more', async () => {
  const refused = setUp();
  refused.answer('JoinGroup', () => ({ code: KAFKA_ERROR.GROUP_AUTHORIZATION_FAILED }));
  await refused.membership.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(refused.events).toEqual([expect.stringContaining('fatal')]);

  const { membership, events, asked } = await joined();
  await membership.stop();
  expect(asked.at(-1)).toEqual({ name: 'LeaveGroup', memberId: 'us-1' });
  expect(await membership.commit(offsets)).toBe(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(events).toEqual(['joined 0,1,2,3']);
});

test('asked to join anew it leaves first: what it had is dealt out even when the group sees no change', async () => {
  const { membership, events, asked } = await joined();
  membership.rejoin();
  expect(events.at(-1)).toBe('lost');
  await vi.advanceTimersByTimeAsync(1_000);
  const since = asked.slice(asked.findIndex(({ name }) => name === 'LeaveGroup')).map(({ name }) => name);
  expect(since.slice(0, 4)).toEqual(['LeaveGroup', 'JoinGroup', 'JoinGroup', 'SyncGroup']);
  expect(events.at(-1)).toBe('joined 0,1,2,3');
});
