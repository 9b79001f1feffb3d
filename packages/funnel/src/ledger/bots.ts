import { isbot } from 'isbot';
import type { BotRules } from '../definition.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { firstOf } from './cart-row.ts';
import type { History, Visitor } from './history.ts';

/** Why a visitor is a bot. */
export type BotReason = 'user_agent' | 'many_carts';

const MAX_CACHED = 10_000;
/** Longer ones are no browser's, and ten thousand of them would fill the memory. */
const MAX_CACHED_LENGTH = 1_024;
const cached = new Map<string, boolean>();

/** A shop meets few user agents, each a million times. */
const isBotAgent = (userAgent: string): boolean => {
  if (userAgent.length > MAX_CACHED_LENGTH) return isbot(userAgent);
  let known = cached.get(userAgent);
  if (known === undefined) {
    if (cached.size >= MAX_CACHED) cached.clear();
    known = isbot(userAgent);
    cached.set(userAgent, known);
  }
  return known;
};

const hasBotAgent = ({ entries }: Visitor): boolean =>
  entries.some(({ event }) => {
    const agent = event.device?.user_agent;
    return agent !== undefined && isBotAgent(agent);
  });

/** Visitors who opened more carts than allowed on one local day. */
const openersOfMany = (carts: readonly Cart[], max: number, dayOf: (ms: number) => string): string[] => {
  const opened = new Map<string, number>();
  for (const cart of carts) {
    const { visitor_id } = firstOf(cart).event;
    opened.set(visitor_id, (opened.get(visitor_id) ?? 0) + 1);
  }
  // Days are looked at for the few alone who opened that many at all.
  const perhaps = new Map(
    [...opened].filter(([, count]) => count > max).map(([id]) => [id, new Map<string, number>()]),
  );
  if (perhaps.size === 0) return [];
  for (const cart of carts) {
    const { event, time } = firstOf(cart);
    const byDay = perhaps.get(event.visitor_id);
    const day = dayOf(time);
    byDay?.set(day, (byDay.get(day) ?? 0) + 1);
  }
  return [...perhaps].flatMap(([id, byDay]) => (Math.max(...byDay.values()) > max ? [id] : []));
};

/**
 * The visitors who are bots (definitions.md 8), and why: none who ever ordered, be it a test, and nobody when bots
 * are not to be excluded. Orders must have their visitors decided.
 */
export const findBots = (
  { visitors }: History,
  orders: readonly Order[],
  carts: readonly Cart[],
  { exclude, max_carts_per_day }: BotRules,
  dayOf: (ms: number) => string,
): Map<string, BotReason> => {
  const bots = new Map<string, BotReason>();
  if (!exclude) return bots;
  const buyers = new Set(orders.map((order) => order.visitor_id));
  for (const visitor of visitors.values())
    if (!buyers.has(visitor.visitor_id) && hasBotAgent(visitor)) bots.set(visitor.visitor_id, 'user_agent');
  for (const visitor_id of openersOfMany(carts, max_carts_per_day, dayOf))
    if (!buyers.has(visitor_id) && !bots.has(visitor_id)) bots.set(visitor_id, 'many_carts');
  return bots;
};

/**
 * The carts that bots alone made. An order that joined one counts as an order without cart, while the cart stays
 * closed by it.
 */
export const excludeCarts = (carts: readonly Cart[], bots: ReadonlyMap<string, BotReason>): Set<Cart> => {
  const excluded = new Set<Cart>();
  if (bots.size === 0) return excluded;
  for (const cart of carts) {
    if (!cart.entries.every(({ event }) => bots.has(event.visitor_id))) continue;
    excluded.add(cart);
    if (!cart.order) continue;
    cart.order.cart = null;
    cart.order.withoutCartReason = 'cart_excluded';
  }
  return excluded;
};
