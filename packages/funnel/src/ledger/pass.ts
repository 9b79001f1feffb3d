import type { Definition, DefinitionVersion } from '../definition.ts';
import { excludeCarts, findBots } from './bots.ts';
import type { Calendar } from './calendar.ts';
import type { Cart } from './cart-and-order.ts';
import { openedAt } from './cart-row.ts';
import { passCarts } from './carts.ts';
import { createHistory } from './history.ts';
import type { KeptEvent } from './kept-event.ts';
import { collectOrders } from './orders.ts';
import type { PassTracer } from './tracer.ts';
import type { Passed } from './units.ts';
import { createInForce, type InForce } from './versions.ts';

export type LedgerInput = {
  /** All kept events, each once, of whole components: every visitor, cart id and order id that hang together. */
  events: readonly KeptEvent[];
  /** The newest version: what it says of the whole store holds for all history. */
  definition: Definition;
  /** All versions, the newest among them: each unit is under the one in force on the day of its beginning. Default: the one. */
  versions?: readonly DefinitionVersion[];
  /** The calendar of the definition's zone. */
  days: Calendar;
};

export type PassedHistory = Passed & {
  inForce: InForce;
  /** The version in force on the day on which the cart opened. */
  versionOf(cart: Cart): { day: string; definition: Definition };
};

/** All that is decided before any row is made: what ledgers and timelines have in common. */
export const passHistory = (
  { events, definition, versions = [{ from: null, definition }], days: { dayOf } }: LedgerInput,
  trace?: PassTracer,
): PassedHistory => {
  const inForce = createInForce(versions);
  const history = createHistory(events);
  const orders = collectOrders(history.entries);
  const carts = passCarts(history.entries, orders, definition, trace);
  const bots = findBots(history, orders, carts, definition.bots, dayOf);
  const excluded = excludeCarts(carts, bots);
  const versionOf = (cart: Cart) => {
    const day = dayOf(openedAt(cart));
    return { day, definition: inForce(day) };
  };
  return { history, orders, carts, bots, excluded, inForce, versionOf };
};
