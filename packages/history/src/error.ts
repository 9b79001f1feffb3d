import type { Hub } from './events.ts';

/** More events hang together than may be held in memory at once. */
export class ComponentTooLarge extends Error {
  readonly code = 'component_too_large';
  readonly events: number;
  readonly limit: number;
  constructor(store_id: string, { events, limit, hub }: { events: number; limit: number; hub: Hub | null }) {
    const by = hub === null ? '' : `, most of them by ${hub.name} ${hub.id}`;
    super(
      `${events} events of store ${store_id} hang together${by}: more than ${limit}, the most that are computed at once. ` +
        'An id that many visitors share belongs to none of them: leave it out where the events are made',
    );
    this.name = 'ComponentTooLarge';
    this.events = events;
    this.limit = limit;
  }
}

/** Events of one component that are held in memory at once: about a gigabyte. */
export const MAX_COMPONENT_EVENTS = 1_000_000;
