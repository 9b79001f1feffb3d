/** The place and time in which one shopper's life is played. */
import type { StoreEvent } from '@cartledger/events';
import { createFacts, type Facts } from './facts.ts';
import type { Random } from './random.ts';
import type { Store } from './store.ts';
import { type ClientClock, deliveriesOf, type SimulatedEvent } from './wire.ts';

export type World = {
  readonly store: Store;
  readonly random: Random;
  /** Nothing happens, and nothing arrives, after it. */
  readonly limit: number;
  /** Now, ms UTC. Moved by the player between a script's steps. */
  at: number;
  readonly facts: Facts;
  readonly sent: SimulatedEvent[];
  /** A new id that no other shopper of the traffic has. */
  newId(prefix: string): string;
  send(
    event: Omit<StoreEvent, 'event_id' | 'store_id' | 'occurred_at' | 'sent_at'>,
    at: number,
    clock: ClientClock,
  ): void;
};

/**
 * What a shopper does: between steps it yields how long it waits (ms). The player stops asking when time is up, so
 * whatever a script has done has happened, and what it has not come to has not.
 */
export type Script = Generator<number, void, void>;

type WorldOptions = { store: Store; random: Random; startsAt: number; limit: number; shopperId: string };

export const createWorld = ({ store, random, startsAt, limit, shopperId }: WorldOptions): World => {
  const facts = createFacts();
  const sent: SimulatedEvent[] = [];
  let ids = 0;
  let events = 0;
  return {
    store,
    random,
    limit,
    at: startsAt,
    facts,
    sent,
    newId: (prefix) => `${prefix}-${shopperId}-${++ids}`,
    send(event, at, clock) {
      const whole = { event_id: `${shopperId}.${++events}`, store_id: store.store_id, ...event };
      sent.push(...deliveriesOf(whole, at, clock, random, limit));
      facts.lastEventAt = Math.max(facts.lastEventAt, at);
    },
  };
};

/** Plays a script to its end or the end of time. */
export const play = (world: World, script: Script): void => {
  for (const wait of script) {
    if (world.at + wait > world.limit) return;
    world.at += wait;
  }
};
