/** The kept deliveries of a history, as ingest and ClickHouse make them (definitions.md 1). */
import type { Delivery } from '@cartledger/events';
import type { KeptEvent } from '../ledger/kept-event.ts';

const SKEW_MS = 2_000;

const eventTime = ({ occurred_at, sent_at, received_at }: Delivery): number => {
  const error = sent_at === undefined ? 0 : received_at - sent_at;
  return Math.min(Math.abs(error) > SKEW_MS ? occurred_at + error : occurred_at, received_at);
};

/** A page without a path goes by its address. */
const pageOf = ({ page }: Delivery): Pick<Delivery, 'page'> =>
  page && (page.path ?? '') === '' && page.url !== undefined ? { page: { path: page.url } } : {};

export const keptOf = (deliveries: readonly Delivery[]): KeptEvent[] => {
  const kept = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const month = new Date(delivery.occurred_at).toISOString().slice(0, 7);
    const identity = JSON.stringify([delivery.visitor_id, delivery.event_id, month]);
    const best = kept.get(identity);
    const earlier =
      !best ||
      delivery.received_at < best.received_at ||
      (delivery.received_at === best.received_at && delivery.payload_hash < best.payload_hash);
    if (earlier) kept.set(identity, delivery);
  }
  return [...kept.values()].map((delivery) => ({ ...delivery, ...pageOf(delivery), event_time: eventTime(delivery) }));
};
