import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { enter, install } from './builtins.ts';
import { call } from './calls.ts';
import { CALM, drawProfile } from './profiles.ts';
import { createWorld, START, type World } from './scheduler.ts';
import { recordingTape, replayTape } from './tape.ts';

beforeAll(install);
afterEach(() => enter(null));

const runAll = async (world: World, steps = 1_000): Promise<void> => {
  for (let n = 0; n < steps; n += 1) {
    await world.quiesce();
    const [first] = world.ready();
    if (first !== undefined) world.take(first);
    else {
      const next = world.nextAt();
      if (next === null) return;
      world.clock.pass(next - world.now());
    }
  }
};

const echo = (world: World, log: string[], name: string) => {
  const process = world.spawn(name);
  const ask = (plans: Parameters<typeof call>[2]['plans']) =>
    call(world, process, {
      label: `echo of ${name}`,
      plans,
      begin: () => log.push('begun'),
      land: () => log.push('landed'),
      refuse: () => new Error('refused'),
      timeout: () => new Error('timeout'),
    });
  return { process, ask };
};

describe('the tape', () => {
  test('what was recorded is drawn again', () => {
    const tape = recordingTape(7, [3]);
    const drawn = [tape.below(10, ''), tape.pick([5, 3, 2], ''), tape.below(100, ''), tape.pick([1, 0, 9], '')];
    const again = replayTape(tape.values);
    expect([again.below(10, ''), again.pick([5, 3, 2], ''), again.below(100, ''), again.pick([1, 0, 9], '')]).toEqual(
      drawn,
    );
    expect(drawn[0]).toBe(3);
  });

  test('a decision that is not possible any more, and all behind the end, are 0', () => {
    const tape = replayTape([2, 7, 1]);
    expect(tape.pick([1, 1, 0], '')).toBe(0);
    expect(tape.below(5, '')).toBe(2);
    expect(tape.pick([1, 1], '')).toBe(1);
    expect(tape.pick([1, 1], '')).toBe(0);
    expect(tape.below(5, '')).toBe(0);
  });

  test('a tape of zeros draws a profile in which nothing is drawn besides 0', () => {
    const tape = replayTape([]);
    expect(drawProfile(tape).name).toBe('crash');
    expect(new Set(tape.values)).toEqual(new Set([0]));
  });
});

describe('a world', () => {
  test('timers, sleeps and clocks of the code in it are its own, and real ones outside are not', async () => {
    const world = createWorld(replayTape([]), CALM);
    enter(world);
    const seen: string[] = [];
    setTimeout(() => seen.push(`timer at ${Date.now() - START}`), 5_000);
    const cleared = setTimeout(() => seen.push('cleared'), 10);
    clearTimeout(cleared);
    sleep(60_000).then(
      () => seen.push(`sleep at ${Date.now() - START}`),
      () => {},
    );
    setImmediate(() => seen.push('turn'));
    await runAll(world);
    enter(null);
    expect(seen).toEqual(['turn', 'timer at 5000', 'sleep at 60000']);
    await expect(sleep(1, 'real')).resolves.toBe('real');
  });

  test('a sleep that is aborted ends as one of Node does', async () => {
    const world = createWorld(replayTape([]), CALM);
    enter(world);
    const controller = new AbortController();
    const slept = sleep(1_000, undefined, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(slept).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    expect(world.nextAt()).toBeNull();
  });

  test('a killed process does nothing any more, and what it had sent still happens', async () => {
    const world = createWorld(replayTape([]), CALM);
    const log: string[] = [];
    const { process, ask } = echo(world, log, 'one');
    enter(world);
    let answered = false;
    world.as(process, () => {
      setTimeout(() => log.push('timer'), 10);
      ask(['ok']).then(
        () => {
          answered = true;
        },
        () => {},
      );
    });
    await world.quiesce();
    world.take(world.ready()[0] ?? expect.fail('nothing was sent'));
    world.kill(process);
    await runAll(world);
    expect(log).toEqual(['begun', 'landed']);
    expect(answered).toBe(false);
  });

  test('nothing reaches a paused process until it goes on', async () => {
    const world = createWorld(replayTape([]), CALM);
    const log: string[] = [];
    const { process, ask } = echo(world, log, 'one');
    let answeredAt = 0;
    const asked = world.as(process, () =>
      ask(['ok']).then(
        () => {
          answeredAt = world.now();
        },
        () => {},
      ),
    );
    await world.quiesce();
    world.take(world.ready()[0] ?? expect.fail('nothing was sent'));
    world.pause(process, 30_000);
    await runAll(world);
    expect(log).toEqual(['begun', 'landed']);
    await asked;
    expect(answeredAt).toBe(START + 30_000);
  });

  test.each([
    ['refused', [], 'refused'],
    ['lost_request', [], 'timeout'],
    ['lost_answer', ['begun', 'landed'], 'timeout'],
    ['late', ['begun', 'landed'], 'timeout'],
    ['twice', ['begun', 'landed', 'begun', 'landed'], 'answered'],
    ['torn', ['begun', 'landed'], 'refused'],
  ] as const)('a call that is %s leaves behind what it says', async (plan, left, ends) => {
    const only = { refused: 0, lost_request: 0, lost_answer: 0, late: 0, twice: 0, torn: 0, [plan]: 999 };
    const world = createWorld(
      replayTape([['refused', 'lost_request', 'lost_answer', 'late', 'twice', 'torn'].indexOf(plan) + 1]),
      {
        ...CALM,
        calls: { ...CALM.calls, store: only },
      },
    );
    const log: string[] = [];
    const { process, ask } = echo(world, log, 'one');
    const ended = world
      .as(process, () => ask(['ok', plan]))
      .then(
        () => 'answered',
        (error: Error) => error.message,
      );
    await runAll(world);
    expect(await ended).toBe(ends);
    expect(log).toEqual(left);
  });
});

test('whoever asks what time it is, in whatever way, is told the time of the world', () => {
  const world = createWorld(replayTape([]), CALM);
  enter(world);
  world.clock.pass(5_000);
  expect([Date.now(), new Date().toISOString(), performance.now()]).toEqual([
    START + 5_000,
    new Date(START + 5_000).toISOString(),
    5_000,
  ]);
  expect(new Date(7).getTime()).toBe(7);
  enter(null);
});
