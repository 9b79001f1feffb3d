import type { Delivery } from '@cartledger/events';

/**
 * One delivery an event: the first received, ties by the smaller payload hash, whatever else differs. The same id
 * under another visitor, or in another UTC month of the client's own time, is another event.
 */
export const deduplicate = (deliveries: Iterable<Delivery>): Delivery[] => {
  const kept = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const identity = identityOf(delivery);
    const other = kept.get(identity);
    if (other === undefined || isEarlier(delivery, other)) kept.set(identity, delivery);
  }
  return [...kept.values()];
};

// Neither a month nor an event id holds a space, so the parts cannot run into each other.
const identityOf = (d: Delivery): string => `${utcMonth(d.occurred_at)} ${d.event_id} ${d.visitor_id}`;

const utcMonth = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

const isEarlier = (a: Delivery, b: Delivery): boolean =>
  a.received_at < b.received_at || (a.received_at === b.received_at && a.payload_hash < b.payload_hash);
