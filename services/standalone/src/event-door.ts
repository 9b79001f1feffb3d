import { setTimeout as delay } from 'node:timers/promises';
import type { Hono } from 'hono';
import { z } from 'zod';

const answer = z.object({ accepted: z.number(), rejected: z.array(z.unknown()) });

type SendOptions = { imported?: boolean; signal?: AbortSignal };

/** The collector's own door, as a storefront uses it but without a socket between. */
export type EventDoor = {
  /** Resolves when the log has the events; comes again while the log cannot take them. Throws when one is refused. */
  send(key: string, events: readonly object[], options?: SendOptions): Promise<void>;
};

const RETRY_MS = 1_000;

export const createEventDoor = (app: Hono): EventDoor => ({
  async send(key, events, { imported = false, signal } = {}) {
    if (events.length === 0) return;
    for (;;) {
      const response = await app.request('/v1/events', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          ...(imported && { 'cartledger-import': '1' }),
        },
        body: JSON.stringify(events),
      });
      const body: unknown = await response.json();
      if (response.status === 202) {
        const { rejected } = answer.parse(body);
        if (rejected.length === 0) return;
        throw new Error(`the collector refused ${rejected.length} simulated events: ${JSON.stringify(rejected[0])}`);
      }
      if (response.status !== 429 && response.status !== 503)
        throw new Error(`the collector answered simulated events with ${response.status}: ${JSON.stringify(body)}`);
      await delay(RETRY_MS, undefined, signal && { signal });
    }
  },
});
