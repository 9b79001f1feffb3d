import type { Item, Source } from '@cartledger/events';
import type { KeptEvent } from './kept.ts';
import { compareEvents } from './ordering.ts';
import type { Session } from './sessions.ts';

type OrderAmounts = {
  items: bigint;
  discount: bigint;
  /** The part of `tax` that stands on top of the items' prices. */
  taxAdded: bigint;
  shipping: bigint;
  unexplained: bigint;
  total: bigint;
};

export type Order = {
  order_id: string;
  ordered_at: number;
  /** Best-ranked first. */
  deliveries: readonly KeptEvent[];
  test: boolean;
  channel: string;
  /** That of the best-ranked delivery that states one; null when none does. */
  customer_id: string | null;
  currency: string;
  lines: readonly Item[];
  amounts: OrderAmounts;
  /** A delivery is a browser's or carries a session id: visitor and session are settled before the order joins. */
  placedByVisitor: boolean;
  visitor_id: string;
  session: Session;
};

/** By precedence, best first. */
const BY_AUTHORITY: readonly Source[] = ['webhook', 'server', 'import', 'browser'];
/** By nearness to the customer, nearest first. */
const BY_NEARNESS: readonly Source[] = ['browser', 'server', 'webhook', 'import'];

export const sourceOf = (e: KeptEvent): Source => e.source ?? 'server';

/** Best-ranked first: by source, then highest revision, then smallest (received_at, hash). */
export const byPrecedence = (a: KeptEvent, b: KeptEvent): number =>
  BY_AUTHORITY.indexOf(sourceOf(a)) - BY_AUTHORITY.indexOf(sourceOf(b)) ||
  (b.revision ?? 0) - (a.revision ?? 0) ||
  a.received_at - b.received_at ||
  (a.payload_hash < b.payload_hash ? -1 : a.payload_hash > b.payload_hash ? 1 : 0) ||
  compareEvents(a, b);

/** One order per order id for ever, from the kept purchase events; visitors and sessions as before joining. */
export const makeOrders = (events: readonly KeptEvent[], sessions: Map<KeptEvent, Session>): Order[] => {
  const purchases = events.filter((e) => e.type === 'purchase' && e.order_id !== undefined);
  return [...Map.groupBy(purchases, (e) => e.order_id ?? '')].map(([orderId, deliveries]) => {
    const ranked = deliveries.toSorted(byPrecedence);
    const [winner = unreachable()] = ranked;
    const placedBy =
      earliest(deliveries.filter((e) => e.source === 'browser')) ??
      earliest(deliveries.filter((e) => e.session_id !== undefined));
    const placing = placedBy ?? winner;
    return {
      order_id: orderId,
      ordered_at: orderedAt(deliveries),
      deliveries: ranked,
      test: deliveries.some((e) => e.test === true),
      channel: winner.channel ?? 'web',
      customer_id: ranked.find((e) => e.customer_id !== undefined)?.customer_id ?? null,
      currency: winner.currency ?? '',
      lines: winner.items ?? [],
      amounts: amountsOf(winner),
      placedByVisitor: placedBy !== undefined,
      visitor_id: placing.visitor_id,
      session: sessions.get(placing) ?? unreachable(),
    };
  });
};

const earliest = (events: readonly KeptEvent[]): KeptEvent | undefined => events.toSorted(compareEvents)[0];

const orderedAt = (deliveries: readonly KeptEvent[]): number => {
  const nearest = BY_NEARNESS.find((source) => deliveries.some((e) => sourceOf(e) === source));
  return earliest(deliveries.filter((e) => sourceOf(e) === nearest))?.time ?? unreachable();
};

export const minor = (amount: number | undefined): bigint => BigInt(amount ?? 0);

/** Quantity x unit price over the lines; undefined unless there are lines and all are priced. */
export const sumOfLines = (lines: readonly Item[]): bigint | undefined => {
  let sum = 0n;
  for (const line of lines) {
    if (line.unit_price === undefined) return undefined;
    sum += minor(line.quantity) * minor(line.unit_price);
  }
  return lines.length > 0 ? sum : undefined;
};

const abs = (n: bigint): bigint => (n < 0n ? -n : n);

const amountsOf = (winner: KeptEvent): OrderAmounts => {
  const total = minor(winner.amounts?.total);
  const discount = minor(winner.amounts?.discount);
  const tax = minor(winner.amounts?.tax);
  const shipping = minor(winner.amounts?.shipping);
  const stated =
    sumOfLines(winner.items ?? []) ?? (winner.amounts?.items === undefined ? undefined : minor(winner.amounts.items));
  if (stated === undefined) {
    return { items: total + discount - tax - shipping, discount, taxAdded: tax, shipping, unexplained: 0n, total };
  }
  const unexplained = (taxAdded: bigint): bigint => total - (stated - discount + taxAdded + shipping);
  const taxAdded = abs(unexplained(tax)) < abs(unexplained(0n)) ? tax : 0n;
  return { items: stated, discount, taxAdded, shipping, unexplained: unexplained(taxAdded), total };
};

const unreachable = (): never => {
  throw new Error('an order has at least one delivery, and every event a session');
};
