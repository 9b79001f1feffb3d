/** What the fields of an event mean together, for the hot path: the rules of parse-zod.ts in their order. */
import type { StoreEvent } from './event.ts';
import { MAX_AHEAD_MS, MIN_TIME } from './limits.ts';
import type { ParseContext } from './parsed.ts';
import { type Rejection, rejection } from './reject.ts';
import { correctedTime } from './time.ts';

const DAY_MS = 86_400_000;

const timeProblem = (event: StoreEvent, raw: unknown, context: ParseContext): Rejection | null => {
  const { occurred_at, sent_at } = event;
  const { received_at, maxAgeDays } = context;
  const corrected = correctedTime({ occurred_at, sent_at, received_at });
  if (occurred_at < MIN_TIME || corrected < MIN_TIME) return rejection('before_2015', 'occurred_at', raw);
  if (corrected - received_at > MAX_AHEAD_MS) return rejection('too_far_ahead', 'occurred_at', raw);
  if (maxAgeDays !== null && received_at - corrected > maxAgeDays * DAY_MS) {
    return rejection('too_old', 'occurred_at', raw);
  }
  return null;
};

const requiredIdProblem = (
  event: StoreEvent,
  field: 'order_id' | 'refund_id',
  raw: unknown,
  junk: readonly string[],
): Rejection | null => {
  if (event[field] !== undefined) return null;
  return rejection(junk.includes(field) ? 'bad_id' : 'missing_field', field, raw);
};

const orderProblem = (event: StoreEvent, raw: Record<string, unknown>, junk: readonly string[]): Rejection | null => {
  const idProblem = requiredIdProblem(event, 'order_id', raw.order_id, junk);
  if (idProblem !== null || event.type !== 'refund' || event.source === 'browser') return idProblem;
  return requiredIdProblem(event, 'refund_id', raw.refund_id, junk);
};

const changeProblem = (event: StoreEvent): Rejection | null => {
  if (event.items === undefined) return rejection('missing_field', 'items');
  return event.items.length === 0 && event.cart_snapshot !== true ? rejection('no_items', 'items', event.items) : null;
};

const totalProblem = (event: StoreEvent): Rejection | null => {
  const total = event.amounts?.total;
  if (total === undefined) return rejection('missing_field', 'amounts.total');
  return total === 0 && event.type === 'refund' ? rejection('zero_refund', 'amounts.total', total) : null;
};

const hasMoney = ({ items, amounts }: StoreEvent): boolean => {
  for (const item of items ?? []) if (item.unit_price !== undefined) return true;
  for (const _ in amounts) return true;
  return false;
};

/** The first broken rule; null when the event keeps them all. */
export const ruleProblem = (
  event: StoreEvent,
  raw: Record<string, unknown>,
  junk: readonly string[],
  context: ParseContext,
): Rejection | null => {
  const time = timeProblem(event, raw.occurred_at, context);
  if (time !== null) return time;
  const { type } = event;
  const isOrderEvent = type === 'purchase' || type === 'refund';
  const order = isOrderEvent ? orderProblem(event, raw, junk) : null;
  if (order !== null) return order;
  if (event.cart_snapshot === true && type !== 'add_to_cart') {
    return rejection('misplaced_snapshot', 'cart_snapshot', true);
  }
  const change = type === 'add_to_cart' || type === 'remove_from_cart' ? changeProblem(event) : null;
  if (change !== null) return change;
  const total = isOrderEvent ? totalProblem(event) : null;
  if (total !== null) return total;
  if (type === 'friction' && event.friction === undefined) return rejection('missing_field', 'friction');
  if (event.currency === undefined && hasMoney(event)) return rejection('missing_currency', 'currency');
  return null;
};
