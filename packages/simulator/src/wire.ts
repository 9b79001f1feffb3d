/**
 * How what happened reaches the collector: clocks that are wrong, networks that are slow, deliveries that come
 * late or twice. The other way round from the product: here the true time is known, and the client's times are
 * made so that the corrected one (definitions.md 1) is the true one again.
 */
import { SKEW_TOLERANCE_MS, type StoreEvent } from '@cartledger/events';
import type { Random } from './random.ts';

export type SimulatedEvent = StoreEvent & { received_at: number };

export type ClientClock =
  /** Right, and says nothing of itself. */
  | { kind: 'silent' }
  /** Right to the tolerance, and stamps each attempt. */
  | { kind: 'stamped'; latencyMs: number }
  /** Wrong by `skewMs`, and stamps each attempt. */
  | { kind: 'skewed'; latencyMs: number; skewMs: number };

export const createClientClock = (random: Random): ClientClock => {
  const latencyMs = random.int(20, 900);
  const kind = random.weighted([
    ['silent', 55],
    ['stamped', 35],
    ['skewed', 10],
  ] as const);
  if (kind === 'silent') return { kind };
  if (kind === 'stamped') return { kind, latencyMs };
  const skewMs = random.int(SKEW_TOLERANCE_MS + 3_000, 3 * 3_600_000) * (random.chance(0.5) ? 1 : -1);
  return { kind, latencyMs, skewMs };
};

/** A server of the shop: its clock is right. */
export const SERVER_CLOCK: ClientClock = { kind: 'silent' };

type Happening = Omit<StoreEvent, 'occurred_at' | 'sent_at'>;

/** The delivery that arrives `delayMs` after the event's true time. */
const deliver = (event: Happening, trueAt: number, delayMs: number, clock: ClientClock): SimulatedEvent => {
  const received_at = trueAt + delayMs;
  switch (clock.kind) {
    case 'silent':
      return { ...event, occurred_at: trueAt, received_at };
    case 'stamped':
      return { ...event, occurred_at: trueAt, sent_at: received_at - clock.latencyMs, received_at };
    case 'skewed': {
      // The latency counts as part of the clock's error and is taken out with it.
      const occurred_at = trueAt - clock.latencyMs + clock.skewMs;
      return { ...event, occurred_at, sent_at: occurred_at + delayMs, received_at };
    }
  }
};

const LATE = 0.03;
const TWICE = 0.04;

/** One delivery, or more of them; all arrive by `limit`. */
export const deliveriesOf = (
  event: Happening,
  trueAt: number,
  clock: ClientClock,
  random: Random,
  limit: number,
): SimulatedEvent[] => {
  const delayMs = random.chance(LATE) ? random.int(60_000, 6 * 3_600_000) : random.int(5, 300);
  const latencyMs = clock.kind === 'silent' ? 0 : clock.latencyMs;
  const first = deliver(event, trueAt, Math.min(delayMs + latencyMs, limit - trueAt), clock);
  if (!random.chance(TWICE)) return [first];
  const again = first.received_at + random.int(1, random.chance(0.5) ? 5_000 : 7_200_000);
  return again > limit ? [first] : [first, deliver(event, trueAt, again - trueAt, clock)];
};
