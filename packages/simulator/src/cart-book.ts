/**
 * A shopper's cart as the shopper knows it: told what is put in, how far the checkout got and when the shopper
 * stays away, it keeps the facts that the reports will have to find out from the events.
 */
import { POINTS } from '@cartledger/funnel';
import type { CartFact, CartLine, OrderFact } from './facts.ts';

export type CartBook = {
  readonly fact: CartFact;
  /** Absent for a cart without an id of its own. */
  readonly cart_id: string | undefined;
  isEmpty(): boolean;
  contents(): CartLine[];
  add(line: CartLine): void;
  /** Takes `quantity` of a line out, or what there is of it. */
  remove(line: CartLine, quantity: number): void;
  /** Takes everything out. */
  empty(): void;
  /** Reaches the step of the checkout at this position (0: start). */
  reachStep(step: number): void;
  hitFriction(code: string): void;
  /** Something that is no cart event happened around the cart. */
  touch(at: number): void;
  /** A cart event happened: it also brings an abandoned cart back. */
  act(at: number): void;
  /** The shopper stays away for longer than the threshold, from the last activity on. */
  abandon(abandonMs: number): void;
  close(order: OrderFact): void;
};

export const lineKey = ({ product_id, variant_id }: CartLine): string => `${product_id}\u001f${variant_id}`;

export const lineValue = ({ quantity, unit_price }: CartLine): number => quantity * unit_price;

type Opening = { at: number; day: string; currency: string; cart_id: string | undefined };

/** Opened by the first thing put in, which the caller adds next. */
export const openCartBook = ({ at, day, currency, cart_id }: Opening): CartBook => {
  const lines = new Map<string, CartLine>();
  const products = new Map<string, string>();
  const fact: CartFact = {
    openedAt: at,
    day,
    currency,
    lines,
    before: new Map(),
    products,
    lastActivityAt: at,
    furthest: 'cart',
    hasCheckout: false,
    reason: 'none',
    revived: false,
    abandoned: null,
    order: null,
  };
  let isAway = false;

  return {
    fact,
    cart_id,
    isEmpty: () => lines.size === 0,
    contents: () => [...lines.values()],
    add(line) {
      const held = lines.get(lineKey(line));
      lines.set(lineKey(line), { ...line, quantity: line.quantity + (held?.quantity ?? 0) });
      products.set(line.product_id, line.name);
      fact.reason = 'none';
    },
    remove(line, quantity) {
      const held = lines.get(lineKey(line));
      if (held === undefined) return;
      const before = new Map(lines);
      if (held.quantity > quantity) lines.set(lineKey(line), { ...held, quantity: held.quantity - quantity });
      else lines.delete(lineKey(line));
      if (lines.size === 0) fact.before = before;
    },
    empty() {
      fact.before = new Map(lines);
      lines.clear();
    },
    reachStep(step) {
      fact.hasCheckout = true;
      const point = POINTS[step + 1];
      if (point === undefined || POINTS.indexOf(point) <= POINTS.indexOf(fact.furthest)) return;
      fact.furthest = point;
      fact.reason = 'none';
    },
    hitFriction(code) {
      fact.reason = code;
    },
    touch(at) {
      if (!isAway) fact.lastActivityAt = at;
    },
    act(at) {
      if (isAway) fact.revived = true;
      isAway = false;
      fact.lastActivityAt = at;
    },
    abandon(abandonMs) {
      // An empty cart cannot be abandoned, and one that stands abandoned is so only once.
      if (lines.size === 0 || isAway) return;
      isAway = true;
      fact.abandoned = { at: fact.lastActivityAt + abandonMs, point: fact.furthest };
    },
    close(order) {
      fact.order = order;
    },
  };
};
