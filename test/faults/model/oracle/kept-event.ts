import { BUILT_IN_TYPES, CHECKOUT_STEPS, SOURCES } from '@cartledger/events';
import type { KeptEvent } from '@cartledger/funnel';
import { z } from 'zod';
import type { Delivery } from './truth.ts';

/** As much of an event as the shops of the seeds say. */
const said = z.object({
  event_id: z.string(),
  store_id: z.string(),
  visitor_id: z.string(),
  type: z.enum(BUILT_IN_TYPES),
  occurred_at: z.int(),
  session_id: z.string().exactOptional(),
  source: z.enum(SOURCES).default('server'),
  page: z.object({ path: z.string() }).exactOptional(),
  device: z.object({ type: z.string() }).exactOptional(),
  cart_id: z.string().exactOptional(),
  order_id: z.string().exactOptional(),
  refund_id: z.string().exactOptional(),
  currency: z.string().exactOptional(),
  items: z
    .array(z.object({ product_id: z.string(), quantity: z.int(), unit_price: z.int().exactOptional() }))
    .exactOptional(),
  checkout_step: z.enum(CHECKOUT_STEPS).exactOptional(),
  amounts: z.object({ total: z.int() }).exactOptional(),
});

const known = new WeakMap<Delivery['entry'], KeptEvent>();

/** The event of a delivery that is kept, as its sender means it. */
export const keptEventOf = ({ entry, received_at, payload_hash }: Delivery): KeptEvent => {
  let event = known.get(entry);
  if (event === undefined) {
    const fields = said.parse(JSON.parse(String(entry.record.value)));
    // No sender of the seeds tells its own clock: nothing is corrected but what would lie after its receipt.
    event = { ...fields, received_at, payload_hash, event_time: Math.min(fields.occurred_at, received_at) };
    known.set(entry, event);
  }
  return event;
};
