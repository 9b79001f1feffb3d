import { isCartEvent } from './cart-events.ts';
import { printedCartKey } from './cart-row.ts';
import type { IgnoredChange } from './contents.ts';
import { sourceOf } from './deliveries.ts';
import type { Entry } from './history.ts';
import type { TimelineRule } from './timeline-rules.ts';
import type { Decisions } from './timeline-trace.ts';
import { itemsText } from './timeline-words.ts';

/** What a change in an event's cart came to, when it came to nothing. */
const IGNORED: Readonly<Record<IgnoredChange, string>> = {
  in_snapshot: 'What it changes is already in the snapshot just before it, so it changes nothing.',
  matches_nothing: 'What it removes is not all in the cart: that part is ignored.',
};

/** Which rule gave an event its cart or none, and what mattered. */
export const explainEvent = (
  entry: Entry,
  { placed }: Decisions,
  ignored: IgnoredChange | undefined,
): { rule: TimelineRule; cart_key: string | null; notes: string[] } => {
  const { event } = entry;
  if (event.type === 'purchase') return { rule: 'order_delivery', cart_key: null, notes: [`Order ${event.order_id}.`] };
  if (event.type === 'refund') {
    const rule = sourceOf(entry) === 'browser' ? 'browser_refund' : 'refund_delivery';
    return { rule, cart_key: null, notes: [`Order ${event.order_id}.`] };
  }
  const decision = placed.get(entry);
  if (!decision) throw new TypeError(`event ${event.event_id} was passed without a decision`);
  const { rule, cart, key, unknownId, madeKnown } = decision;
  const { cart_id, items, checkout_step, friction } = event;
  const notes = [
    event.type === 'checkout' ? `Step ${checkout_step ?? 'start'}.` : '',
    friction ? `Held up by ${friction.code}.` : '',
    items && items.length > 0 ? `Items: ${itemsText(items)}.` : '',
    items && items.length === 0 && isCartEvent(event) ? 'It lists no items.' : '',
    madeKnown ? `It makes cart id ${cart_id} known.` : '',
    unknownId
      ? `Its cart id ${cart_id} is not known yet (an add, a remove or a cart view makes one known), so it counts as without one.`
      : '',
    key && key.cart_id !== cart_id ? `The id carried is ${key.cart_id}.` : '',
    ignored ? IGNORED[ignored] : '',
  ];
  return { rule, cart_key: cart ? printedCartKey(cart) : null, notes };
};
