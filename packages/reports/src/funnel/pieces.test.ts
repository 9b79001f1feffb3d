import type { KeptEvent } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { piecesOf } from './pieces.ts';

let made = 0;
const event = (visitor_id: string, more: Partial<KeptEvent> = {}): KeptEvent => ({
  store_id: 's',
  event_id: `e${made++}`,
  type: 'visit',
  event_time: made,
  occurred_at: made,
  received_at: made,
  payload_hash: BigInt(made),
  visitor_id,
  source: 'browser',
  ...more,
});
const cut = async (events: readonly KeptEvent[], atOnce: number) => {
  const pieces: string[][] = [];
  for await (const piece of piecesOf(events, atOnce)) pieces.push(piece.map(({ visitor_id }) => visitor_id));
  return pieces;
};

test('what hangs together by a cart or an order is in one piece, the rest is cut where there is enough', async () => {
  const events = [
    event('a', { cart_id: 'k' }),
    event('b'),
    event('c', { order_id: 'k' }),
    event('d', { cart_id: 'k' }),
    event('c', { cart_id: 'z' }),
    event('e', { order_id: 'k' }),
    event('f', { cart_id: 'z' }),
  ];
  expect(await cut(events, 1)).toEqual([['a', 'd'], ['b'], ['c', 'c', 'e', 'f']]);
  expect(await cut(events, 3)).toEqual([
    ['a', 'd', 'b'],
    ['c', 'c', 'e', 'f'],
  ]);
  expect(await cut([], 3)).toEqual([]);
});

test('others have their turn between two pieces', async () => {
  let turns = 0;
  let next: NodeJS.Immediate | null = null;
  const others = (): void => {
    turns++;
    next = setImmediate(others);
  };
  others();
  const pieces = await cut(
    Array.from({ length: 50 }, (_, i) => event(`v${i}`)),
    10,
  );
  if (next !== null) clearImmediate(next);
  expect(pieces).toHaveLength(5);
  expect(turns).toBeGreaterThanOrEqual(5);
});
