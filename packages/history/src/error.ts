import type { Hub } from './events.ts';

/** More events hang together than may be held in memory at once. */
export class ComponentTooLarge extends Error {
  readonly code = 'component_too_large';
  readonly limit: number;
  /** `nodes`: the size is not known, but so many visitors, cart ids and order ids need more events than the limit. */
  constructor(store_id: string, size: ({ events: number } | { nodes: number }) & { limit: number; hub: Hub | null }) {
    const { limit, hub } = size;
    const what =
      'events' in size ? `${size.events} events` : `events of ${size.nodes} visitors, cart ids and order ids or more`;
    const by = hub === null ? '' : `, most of them by ${hub.name} ${hub.id}`;
    super(
      `${what} of store ${store_id} hang together${by}: more than ${limit}, the most that are computed at once. ` +
        'An id that many visitors share belongs to none of them: leave it out where the events are made',
    );
    this.name = 'ComponentTooLarge';
    this.limit = limit;
  }
}

/** Events of one component that are held in memory at once: about a gigabyte. */
export const MAX_COMPONENT_EVENTS = 1_000_000;
