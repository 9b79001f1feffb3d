import type { Source } from '@cartledger/events';
import type { Entry } from './history.ts';

/** Which source's word counts most about amounts. */
const PRECEDENCE: Readonly<Record<Source, number>> = { webhook: 0, server: 1, import: 2, browser: 3 };
/** Which source stands nearest to the customer's own click. */
const NEARNESS: Readonly<Record<Source, number>> = { browser: 0, server: 1, webhook: 2, import: 3 };

export const sourceOf = (entry: Entry): Source => entry.event.source ?? 'server';

const compareBigints = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Best first: by source, then the highest revision, then the smallest (received_at, payload hash). */
export const compareByPrecedence = (a: Entry, b: Entry): number =>
  PRECEDENCE[sourceOf(a)] - PRECEDENCE[sourceOf(b)] ||
  (b.event.revision ?? 0) - (a.event.revision ?? 0) ||
  a.event.received_at - b.event.received_at ||
  compareBigints(a.event.payload_hash, b.event.payload_hash) ||
  a.position - b.position;

/** The earliest event time among the deliveries of the source nearest to the customer. */
export const earliestOfNearest = (deliveries: readonly Entry[]): number => {
  let best: Entry | undefined;
  for (const entry of deliveries) {
    const nearer = best ? NEARNESS[sourceOf(entry)] - NEARNESS[sourceOf(best)] : -1;
    if (!best || nearer < 0 || (nearer === 0 && entry.time < best.time)) best = entry;
  }
  return best?.time ?? 0;
};

/** The first of the entries in the order of events. */
export const earliest = (entries: readonly Entry[]): Entry | undefined => {
  let first: Entry | undefined;
  for (const entry of entries) if (!first || entry.position < first.position) first = entry;
  return first;
};
