import { expect, test } from 'vitest';
import { type BackfillRun, NOTHING_DONE } from './run.ts';
import { createTurns, TurnedBack } from './turns.ts';

const RUN: BackfillRun = {
  ...NOTHING_DONE,
  id: 4,
  state: 'draining',
  dryRun: false,
  by: 'k1',
  startedAt: 0,
  epoch: 'abc',
  table: 'events_rebuilt_1',
  before: 'events_before_1',
  uuids: { rebuilt: 'new', former: 'old' },
  partitions: [{ partition: 0, first: 0, position: 50, until: 50 }],
};

const setUp = () => {
  const at = {
    now: 1_000,
    positions: new Map<number, number | null>([[0, null]]) as Map<number, number | null> | 'over',
  };
  const deeds: string[] = [];
  const turn = createTurns({
    clickhouse: {} as never,
    erasures: { tombstones: async () => [] },
    tables: {
      isExchanged: async () => deeds.includes('swap'),
      nameOf: async () => null,
      swap: async () => void deeds.push('swap'),
    } as never,
    reader: {} as never,
    pause: {
      begin: async () => `backfill-4-${at.now}`,
      positions: async () => at.positions,
      end: async () => void deeds.push('end'),
    },
    committed: async () => [],
    newId: () => 'id',
    now: () => at.now,
  });
  return { at, deeds, turn };
};

test('partitions that do not all obey within a minute go on, and the backfill goes back to following the log', async () => {
  const { at, deeds, turn } = setUp();
  const ordered = { ...RUN, ...((await turn(RUN)) as Partial<BackfillRun>) };
  expect(ordered).toMatchObject({ state: 'draining', order: 'backfill-4-1000', pausedAt: 1_000 });
  at.now += 59_000;
  expect(await turn(ordered)).toBe('wait');
  at.now += 1_000;
  const turned = await turn(ordered).catch((error: unknown) => error);
  expect(turned).toBeInstanceOf(TurnedBack);
  expect(turned).toMatchObject({ change: { state: 'following', order: null, pausedAt: null } });
  expect(deeds).toEqual(['end']);
});

test('an order that was taken back is given anew, and what came meanwhile is read before tables change places', async () => {
  const { at, deeds, turn } = setUp();
  const ordered = { ...RUN, order: 'o1', pausedAt: 1_000 };
  at.positions = 'over';
  expect(await turn(ordered)).toEqual({ order: null });
  at.positions = new Map([[0, 60]]);
  expect(await turn(ordered)).toMatchObject({ state: 'catching_up', partitions: [{ position: 50, until: 60 }] });
  const swapping: BackfillRun = { ...ordered, state: 'swapping' };
  // Somebody is further than what was read, a partition was added, or the order is over.
  for (const positions of [
    new Map([[0, 51]]),
    new Map([
      [0, 50],
      [1, 0],
    ]),
    'over',
  ] as const) {
    at.positions = positions;
    expect(await turn(swapping)).toEqual({ state: 'draining', order: null });
  }
  expect(deeds).toEqual([]);
  at.positions = new Map([[0, 50]]);
  expect(await turn(swapping)).toMatchObject({ state: 'telling' });
  expect(deeds).toEqual(['swap', 'end']);
  // Killed before that was noted: the order is gone by then.
  at.positions = 'over';
  expect(await turn(swapping)).toMatchObject({ state: 'telling' });
});

test('a former table that is dropped before all is told ends the backfill, and the receipt says so', async () => {
  const { turn } = setUp();
  expect(await turn({ ...RUN, state: 'telling' })).toEqual({ state: 'done', formerLost: true, endedAt: 1_000 });
});
