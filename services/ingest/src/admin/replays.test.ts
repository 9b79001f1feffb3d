import { DEAD_LETTERS_TOPIC, decodeDeadLetter, EVENTS_TOPIC, type EventLog } from '@cartledger/event-log';
import { LIST_LETTERS, REPLAY, type Replay, SHOW_LETTER } from '@cartledger/operations';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { logDown, tooLarge } from '../testing/fake-log.ts';
import { eventRecord, NOW, rawRecord } from '../testing/samples.ts';
import { type Admin, createAdminHarness } from './harness.ts';

type Asked = z.input<typeof REPLAY.body>;

const begin = async (admin: Admin, asked: Asked = {}): Promise<Replay | null> =>
  (await admin.ask(REPLAY, { json: asked })).replay;

/** Goes on until the run has come to its end. */
const finish = async (admin: Admin, run: Replay | null): Promise<Replay | null> => {
  let now = run;
  while (now !== null && now.ended_at === null) now = await begin(admin, { run: now.id });
  return now;
};
const replay = async (admin: Admin, asked: Asked = {}): Promise<Replay | null> =>
  finish(admin, await begin(admin, asked));

const states = async (admin: Admin): Promise<Record<string, number>> => {
  const { reasons } = await admin.ask(LIST_LETTERS);
  const sum = (state: 'open' | 'replayed' | 'lost') => reasons.reduce((total, reason) => total + reason[state], 0);
  return { open: sum('open'), replayed: sum('replayed'), lost: sum('lost') };
};

/** Events of a store that is not here yet. */
const early = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => eventRecord({ event_id: `e${from + i}`, store_id: 'new' }));

const withLetters = async (count: number) => {
  const h = await createAdminHarness({ fetchRecords: 5_000 });
  const ingest = await h.start();
  h.fakeLog.append(EVENTS_TOPIC, early(count));
  await h.settle();
  expect(h.dead()).toBe(count);
  return { ...h, ingest, admin: h.adminOf(ingest) };
};

test('after its store was made, each letter counts once, as it was received; a second replay has nothing to do', async () => {
  const h = await withLetters(3);
  h.storeIds.push('new');
  h.clock.now += 5_000;
  expect(await replay(h.admin, { reason: 'unknown_store', store: 'new' })).toMatchObject({
    id: 1,
    total: 3,
    replayed: 3,
    lost: 0,
    ended_at: new Date(h.clock.now).toISOString(),
  });
  await h.settle();
  expect([...h.store.kept().keys()]).toEqual(['e0', 'e1', 'e2']);
  for (const row of h.store.kept().values()) expect(row.received_at).toBe(NOW);
  expect(await states(h.admin)).toEqual({ open: 0, replayed: 3, lost: 0 });
  expect(await h.admin.ask(SHOW_LETTER, { query: { id: '0/1' } })).toMatchObject({ state: 'replayed', replay: 1 });

  expect(await begin(h.admin)).toBeNull();
  expect(h.sent()).toBe(6);
  expect(await replay(h.admin, { again: true })).toMatchObject({ id: 2, replayed: 3 });
  await h.settle();
  expect(h.sent()).toBe(9);
  expect(h.store.kept().size).toBe(3);
  expect(h.dead()).toBe(3);
});

test('letters are replayed by name, reason, store and time', async () => {
  const h = await withLetters(4);
  h.storeIds.push('new');
  h.clock.now += 1;
  expect(await replay(h.admin, { ids: ['0/2', 'epoch-1/0/3'] })).toMatchObject({ replayed: 2 });
  expect(await begin(h.admin, { reason: 'too_old' })).toBeNull();
  expect(await begin(h.admin, { store: 'demo' })).toBeNull();
  expect(await begin(h.admin, { from: '2020-01-01T00:00:00Z' })).toBeNull();
  expect(await h.admin.send('POST', '/dead-letters/replays', { ids: ['0/99'] })).toMatchObject({ status: 404 });
  await h.settle();
  expect([...h.store.kept().keys()]).toEqual(['e2', 'e3']);
  expect(await states(h.admin)).toEqual({ open: 2, replayed: 2, lost: 0 });
});

test('what fails again is a new letter that names the first, which no run replays by itself', async () => {
  const h = await withLetters(2);
  h.fakeLog.append(EVENTS_TOPIC, [rawRecord('{')]);
  await h.settle();
  expect(await replay(h.admin)).toMatchObject({ replayed: 3 });
  await h.settle();
  // Nothing was mended: all three are back.
  expect(await states(h.admin)).toEqual({ open: 3, replayed: 3, lost: 0 });
  expect(await h.admin.ask(SHOW_LETTER, { query: { id: '0/0' } })).toMatchObject({
    state: 'replayed',
    failed_again_as: 'epoch-1/0/3',
  });
  expect(await h.admin.ask(SHOW_LETTER, { query: { id: '0/3' } })).toMatchObject({
    state: 'open',
    replay_of: 'epoch-1/0/0',
  });
  h.storeIds.push('new');
  h.clock.now += 1;
  expect(await replay(h.admin)).toMatchObject({ replayed: 3 });
  await h.settle();
  expect([...h.store.kept().keys()]).toEqual(['e0', 'e1']);
  const last = h.fakeLog.records(DEAD_LETTERS_TOPIC).map(decodeDeadLetter).at(-1);
  // The first, not the one in between.
  expect(last).toMatchObject({ reason: { code: 'malformed_json' }, replayOf: 'epoch-1/0/2' });
});

/** What a process that dies in a replay may have done and not done. */
const DEATHS = ['before the send', 'after the send', 'before the position', 'after the position'] as const;
test.each(DEATHS)(
  'a replay killed %s and begun again replays each letter once as far as counts are concerned',
  async (moment) => {
    const h = await withLetters(1_200);
    h.storeIds.push('new');
    h.clock.now += 1;
    let calls = 0;
    const dead = Promise.withResolvers<never>();
    // Of three slices the second is not survived.
    const die = (): Promise<never> => dead.promise;
    const log: EventLog = {
      ...h.fakeLog.log,
      produce: async (topic, records) => {
        calls += 1;
        if (calls === 2 && moment === 'before the send') return die();
        await h.fakeLog.log.produce(topic, records);
        if (calls === 2 && moment === 'after the send') return die();
      },
    };
    const { setUnder } = h.control.state;
    const kill = h.adminOf(h.ingest, log);
    const run = await begin(kill);
    h.control.state.setUnder = async (...args) => {
      if (calls === 2 && moment === 'before the position') return die();
      const set = await setUnder(...args);
      if (calls === 2 && moment === 'after the position') return die();
      return set;
    };
    const killed = finish(kill, run);
    while (calls < 2) await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
    h.control.state.setUnder = setUnder;
    // The dead one's turn is over by then.
    h.clock.now += 60_000;

    const second = h.adminOf(h.ingest);
    const resumed = await begin(second);
    expect(resumed).toMatchObject({ id: 1, total: 1_200, replayed: moment === 'after the position' ? 1_000 : 500 });
    expect(await finish(second, resumed)).toMatchObject({ id: 1, replayed: 1_200, lost: 0 });
    await h.settle();
    expect(h.store.kept().size).toBe(1_200);
    expect(await states(second)).toEqual({ open: 0, replayed: 1_200, lost: 0 });
    expect(h.dead()).toBe(1_200);
    const repeated = moment === 'after the send' || moment === 'before the position' ? 500 : 0;
    expect(h.sent()).toBe(2_400 + repeated);
    await Promise.race([killed, Promise.resolve()]);
  },
);

test('two replays at once share the letters: none is sent twice', async () => {
  const h = await withLetters(1_500);
  h.storeIds.push('new');
  h.clock.now += 1;
  const [one, other] = [h.adminOf(h.ingest), h.adminOf(h.ingest)];
  const runs = await Promise.all([
    replay(one),
    replay(other),
    replay(other, { reason: 'unknown_store' }),
    replay(one, { store: 'new' }),
  ]);
  expect(runs.reduce((sum, run) => sum + (run?.replayed ?? 0), 0)).toBeGreaterThanOrEqual(1_500);
  await h.settle();
  expect(h.sent()).toBe(3_000);
  expect(h.store.kept().size).toBe(1_500);
  expect(await states(one)).toEqual({ open: 0, replayed: 1_500, lost: 0 });
});

test('while the log is away a replay says so, and goes on where it was', async () => {
  const h = await withLetters(3);
  const down = new Set(['the log']);
  h.fakeLog.hooks.beforeProduce = () => {
    if (down.size > 0) throw logDown();
  };
  const run = await begin(h.admin);
  expect(await h.admin.send('POST', '/dead-letters/replays', { run: run?.id })).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable' } },
  });
  down.clear();
  expect(await replay(h.admin)).toMatchObject({ id: run?.id, replayed: 3 });
});

const withStub = async () => {
  const h = await createAdminHarness();
  const ingest = await h.start();
  h.fakeLog.hooks.beforeProduce = (records) => {
    if (records.some(({ value }) => (value?.length ?? 0) > 5_000)) throw tooLarge();
  };
  const padding = 'x'.repeat(6_000);
  h.fakeLog.append(EVENTS_TOPIC, [
    eventRecord({ event_id: 'large', store_id: 'new', page: { url: padding } }),
    eventRecord({ event_id: 'small', store_id: 'new' }),
  ]);
  await h.settle();
  h.fakeLog.hooks.beforeProduce = () => {};
  h.storeIds.push('new');
  h.clock.now += 1;
  return { ...h, admin: h.adminOf(ingest) };
};

test('the bytes of a stub are replayed from its origin', async () => {
  const h = await withStub();
  expect(await h.admin.ask(SHOW_LETTER, { query: { id: '0/0' } })).toMatchObject({
    value: null,
    stub: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: expect.any(Number) },
  });
  expect(await replay(h.admin)).toMatchObject({ replayed: 2, lost: 0 });
  await h.settle();
  expect(new Set(h.store.kept().keys())).toEqual(new Set(['large', 'small']));
});

test('a stub whose topic was made again is lost, and said to be', async () => {
  const h = await withStub();
  h.fakeLog.remake(EVENTS_TOPIC);
  h.fakeLog.append(EVENTS_TOPIC, [eventRecord({ event_id: 'another' })]);
  expect(await replay(h.admin)).toMatchObject({ replayed: 1, lost: 1 });
  expect(await states(h.admin)).toEqual({ open: 0, replayed: 1, lost: 1 });
  expect(await h.admin.ask(SHOW_LETTER, { query: { id: 'epoch-1/0/0' } })).toMatchObject({
    state: 'lost',
    lost_because: 'gone',
  });
});
