import type { KeyInfo } from '@cartledger/control';
import type { Clock } from '@cartledger/service';
import { type Budget, createBudget } from './budget.ts';
import type { CollectorConfig } from './config.ts';
import { rateLimited, tooManyRequests } from './errors.ts';
import { createRateLimit, type Share } from './rate-limit.ts';

/** A request that was let in. */
type Admitted = {
  /** What its body is held against. */
  budget: Budget;
  /** Count what it has sent against the key's rates. */
  spendBytes(count: number): void;
  spendEvents(count: number): void;
  /** The request is answered. */
  leave(): void;
};

export type Admission = {
  /** Judges by the key alone, before the body is read. Throws 429. */
  admit(key: KeyInfo): Admitted;
};

const none = (): void => {};

type Sender = { requests: number; budget: Budget };

/**
 * Keeps senders out of each other's way: each key has its events and bytes a second, its number of requests at once, and
 * at most half of the bytes that may be held. Admin keys, which are the operator's own, are held to the whole only.
 */
export const createAdmission = (config: CollectorConfig, now: Clock): Admission => {
  const whole = createBudget(config.maxBytesInFlight);
  const events = createRateLimit({ now });
  const bytes = createRateLimit({ now });
  const senders = new Map<string, Sender>();

  const sharesOf = ({ events_per_second, burst_events }: KeyInfo): { events: Share; bytes: Share } => {
    const perSecond = events_per_second ?? config.eventsPerSecond;
    // Whoever may send more events may send their bytes.
    const factor = Math.max(1, perSecond / config.eventsPerSecond);
    return {
      events: { perSecond, burst: burst_events ?? config.burstEvents },
      bytes: { perSecond: config.bytesPerSecond * factor, burst: config.burstBytes * factor },
    };
  };

  const senderOf = (key_id: string): Sender => {
    const known = senders.get(key_id);
    if (known) return known;
    const sender = { requests: 0, budget: createBudget(config.maxBytesInFlight / 2, whole) };
    senders.set(key_id, sender);
    return sender;
  };

  return {
    admit(key) {
      const { key_id, scope } = key;
      if (scope === 'admin') return { budget: whole, spendBytes: none, spendEvents: none, leave: none };
      const shares = sharesOf(key);
      const waitMs = Math.max(events.waitMs(key_id, shares.events), bytes.waitMs(key_id, shares.bytes));
      if (waitMs > 0) throw rateLimited(waitMs);
      const sender = senderOf(key_id);
      if (sender.requests >= config.maxRequestsPerKey) throw tooManyRequests(config.maxRequestsPerKey);
      sender.requests += 1;
      return {
        budget: sender.budget,
        spendBytes: (count) => bytes.spend(key_id, shares.bytes, count),
        // Requests without events are not for nothing.
        spendEvents: (count) => events.spend(key_id, shares.events, Math.max(1, count)),
        leave: () => {
          sender.requests -= 1;
          if (sender.requests === 0) senders.delete(key_id);
        },
      };
    },
  };
};
