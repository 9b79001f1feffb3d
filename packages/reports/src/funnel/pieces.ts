import { setImmediate as breathe } from 'node:timers/promises';
import type { KeptEvent } from '@cartledger/funnel';

/** Events whose journeys are made before others have their turn: some 30 ms. A single component may have more. */
const EVENTS_AT_ONCE = 1_000;

/**
 * Cuts events of whole components into lists of whole components, each of at least so many events but the last: what
 * hangs together by a visitor, a cart id or an order id stays together. Others have their turn between two lists.
 */
export async function* piecesOf(
  events: readonly KeptEvent[],
  atOnce: number = EVENTS_AT_ONCE,
): AsyncGenerator<KeptEvent[], void, undefined> {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent;
    for (let at = name; at !== root; ) {
      const parent = parents.get(at) ?? root;
      parents.set(at, root);
      at = parent;
    }
    return root;
  };
  const join = (a: string, b: string): void => {
    const [x, y] = [rootOf(a), rootOf(b)];
    if (x !== y) parents.set(x, y);
  };
  for (const [i, { visitor_id, cart_id, order_id }] of events.entries()) {
    if (i % (10 * atOnce) === 0) await breathe();
    if (cart_id !== undefined) join(`v${visitor_id}`, `c${cart_id}`);
    if (order_id !== undefined) join(`v${visitor_id}`, `o${order_id}`);
  }
  await breathe();
  let piece: KeptEvent[] = [];
  for (const component of Map.groupBy(events, ({ visitor_id }) => rootOf(`v${visitor_id}`)).values()) {
    for (const event of component) piece.push(event);
    if (piece.length < atOnce) continue;
    yield piece;
    piece = [];
    await breathe();
  }
  if (piece.length > 0) yield piece;
}
