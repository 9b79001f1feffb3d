import { expect, test } from 'vitest';
import { createInflight } from './inflight.ts';

const setUp = (maxBytes = 120) => {
  const inflight = createInflight({ maxBytes });
  const switched: string[] = [];
  const open = (name: string) =>
    inflight.open({ pause: () => switched.push(`pause ${name}`), resume: () => switched.push(`resume ${name}`) });
  return { inflight, switched, open };
};

/** Takes fetches of 10 bytes until it is paused; answers how many. */
const fill = (share: ReturnType<ReturnType<typeof setUp>['open']>): number => {
  for (let fetches = 0; fetches < 100; fetches += 1) {
    if (share.isPaused) return fetches;
    share.add(10);
  }
  throw new Error('never paused');
};

test('a partition alone has half of the room, and however many stand still, the next finds some', () => {
  const { inflight, open } = setUp();
  const shares = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(open);
  expect(shares.map(fill)).toEqual([6, 3, 2, 1, 1, 1, 1, 1]);
  expect(inflight.bytes).toBeLessThanOrEqual(120 + shares.length * 10);
});

test('a partition that holds nothing is never paused, though others hold more than there is room', () => {
  const { switched, open } = setUp();
  const stuck = open('stuck');
  const flows = open('flows');
  stuck.add(500);
  expect(switched).toEqual(['pause stuck']);
  for (let batch = 0; batch < 3; batch += 1) {
    flows.add(10);
    expect(flows.isPaused).toBe(true);
    flows.release(10);
    expect(flows.isPaused).toBe(false);
  }
  expect(stuck.isPaused).toBe(true);
});

test('a partition goes on when it holds half of what is free', () => {
  const { switched, open } = setUp();
  const share = open('a');
  fill(share);
  share.release(10);
  expect(switched).toEqual(['pause a']);
  share.release(10);
  expect(switched).toEqual(['pause a', 'resume a']);
});

test('a blocked partition is paused at once, and until it is not blocked any more', () => {
  const { switched, open } = setUp();
  const share = open('a');
  share.add(10);
  share.block(true);
  share.release(10);
  expect(switched).toEqual(['pause a']);
  share.block(false);
  expect(switched).toEqual(['pause a', 'resume a']);
});

test('what an ended assignment holds counts until it is released, and its valve is not touched any more', () => {
  const { inflight, switched, open } = setUp();
  const ended = open('ended');
  ended.add(50);
  ended.end();
  const next = open('next');
  expect(fill(next)).toBe(4);
  ended.add(10);
  ended.release(60);
  expect(inflight.bytes).toBe(40);
  expect(switched).toEqual(['pause next', 'resume next']);
});
