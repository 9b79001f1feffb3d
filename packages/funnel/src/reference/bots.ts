/** Who is left out of every report (definitions.md 8). */
import { isbot } from 'isbot';
import type { BotRules } from '../definition.ts';
import type { PassedOrder } from './carts.ts';
import type { DayOf } from './days.ts';
import type { KeptEvent } from './kept.ts';
import type { Cart } from './stretches.ts';

/**
 * Visitors who never ordered (tests are orders too) and either opened more carts on one local day than allowed (carts
 * that tests closed are carts too) or sent any event with a known bot's user agent. None while bots are not excluded.
 */
export const findBots = (
  rules: BotRules,
  history: { events: readonly KeptEvent[]; carts: readonly Cart[]; orders: readonly PassedOrder[] },
  dayOf: DayOf,
): ReadonlySet<string> => {
  if (!rules.exclude) return new Set();
  const buyers = new Set(history.orders.map((order) => order.visitor_id));
  const ofAgent = Map.groupBy(history.events, (e) => e.device?.user_agent ?? '');
  const saySo = [...ofAgent].flatMap(([agent, events]) => (isbot(agent) ? events.map((e) => e.visitor_id) : []));
  const openings = Map.groupBy(
    history.carts.flatMap((cart) => cart.events[0] ?? []),
    (e) => JSON.stringify([e.visitor_id, dayOf(e.time)]),
  );
  const tooMany = [...openings.values()]
    .filter((opened) => opened.length > rules.max_carts_per_day)
    .flatMap(([first]) => first?.visitor_id ?? []);
  return new Set([...saySo, ...tooMany].filter((visitor) => !buyers.has(visitor)));
};

/** A cart is left out only if all visitors of its own events are bots. */
export const isMadeByBots = (cart: Cart, bots: ReadonlySet<string>): boolean =>
  cart.events.every((e) => bots.has(e.visitor_id));
