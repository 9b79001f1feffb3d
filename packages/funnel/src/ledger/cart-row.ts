import type { Definition } from '../definition.ts';
import type { Cart } from './cart-and-order.ts';
import type { CartLife } from './cart-life.ts';
import { sumLines } from './contents.ts';
import type { Entry } from './history.ts';
import { cartNode, type NodeName, visitorNode } from './node.ts';
import { compareUtf8 } from './order-of-events.ts';
import type { CartLine, CartRow } from './rows.ts';

/** `cart_id`, `cart_id#n` or `~visitor_id:event_id`. */
export const printedCartKey = ({ id, opening: { event } }: Cart): string => {
  if (!id) return `~${event.visitor_id}:${event.event_id}`;
  return id.n === 1 ? id.cart_id : `${id.cart_id}#${id.n}`;
};

/** A cart's identity: the tuple, not the print. */
export const cartUnit = ({ id, opening: { event } }: Cart): { node: NodeName; unit_id: string } =>
  id
    ? { node: cartNode(id.cart_id), unit_id: JSON.stringify([id.cart_id, id.n]) }
    : {
        node: visitorNode(event.visitor_id),
        unit_id: JSON.stringify([event.visitor_id, event.event_id, event.occurred_at]),
      };

export const outcomeOf = (
  { order }: Cart,
  { firstAbandonedAt, lastAbandonedAt }: CartLife,
  recovery_ms: number,
): CartRow['outcome'] => {
  if (!order) return '';
  if (firstAbandonedAt === 0) return 'purchased';
  return order.ordered_at - lastAbandonedAt >= recovery_ms ? 'recovered_late' : 'recovered';
};

/** Product ids of the order's lines, else of the counted ones. */
const boughtBy = ({ order }: Cart, lines: readonly CartLine[]): string[] => {
  if (!order) return [];
  const { items } = order.winner.event;
  const bought = items && items.length > 0 ? items : lines;
  return [...new Set(bought.map((line) => line.product_id))].sort(compareUtf8);
};

const lastOf = (entries: readonly Entry[], read: (entry: Entry) => string | undefined): string => {
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    const value = entry && read(entry);
    if (value) return value;
  }
  return '';
};

/** A cart's first event, that of a merged own cart included. */
export const firstOf = ({ entries, opening }: Cart): Entry => entries[0] ?? opening;

export const openedAt = (cart: Cart): number => firstOf(cart).time;

/** `definition` is the version in force on `day`, on which the cart opened. */
export const cartRow = (
  cart: Cart,
  life: CartLife,
  definition: Definition,
  day: string,
  excluded: boolean,
): CartRow => {
  const { order, entries } = cart;
  const first = firstOf(cart);
  const lines = life.contents.countedLines();
  return {
    kind: 'cart',
    ...cartUnit(cart),
    cart_key: printedCartKey(cart),
    cart_id: cart.id?.cart_id ?? '',
    visitor_id: first.event.visitor_id,
    opened_at: first.time,
    day,
    last_activity_at: life.lastActivityAt,
    holds_items: life.contents.holdsItems(),
    order_id: order?.order_id ?? '',
    ordered_at: order?.ordered_at ?? 0,
    outcome: outcomeOf(cart, life, definition.recovery_ms),
    first_abandoned_at: life.firstAbandonedAt,
    revived: life.revived,
    furthest: life.furthest,
    abandoned_point: life.abandonedPoint,
    has_checkout: life.hasCheckout,
    reason: life.reason,
    lines,
    value: sumLines(lines),
    peak_value: life.contents.peakValue(),
    unpriced: lines.some((line) => line.unit_price === null),
    unmatched_removes: life.contents.unmatchedRemoves(),
    products: life.contents.products(),
    bought: boughtBy(cart, lines),
    contactable: entries.some(({ event }) => event.customer_id !== undefined),
    last_page: lastOf(entries, ({ event }) => event.page?.path ?? event.page?.url),
    last_product: lastOf(entries, ({ event }) => event.items?.at(-1)?.product_id),
    test: order?.test ?? false,
    excluded,
    last_abandoned_at: life.lastAbandonedAt,
    definition_version: definition.version,
    idle_ms: definition.idle_ms,
    abandon_ms: definition.abandon_ms,
    recovery_ms: definition.recovery_ms,
  };
};
