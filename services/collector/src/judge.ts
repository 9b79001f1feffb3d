import type { ProduceRecord } from '@cartledger/event-log';
import type { Sender } from './credentials.ts';
import { keysUnavailable, tooManyEvents } from './errors.ts';
import { eventsOf, type RejectedEvent, storeOf, storesNamed, takeIn } from './intake.ts';
import { parseJson } from './json.ts';
import type { TurnedAway } from './rejection-counts.ts';
import type { StoreRules } from './stores.ts';
import { createTurns } from './turns.ts';

/** What a body came to. Nothing of it refers to what was parsed. */
type Judged = {
  events: number;
  records: ProduceRecord[];
  rejected: RejectedEvent[];
  turnedAway: TurnedAway[];
  /** Fields whose junk ids went. */
  junk: string[];
};

export type Judge = (bytes: Buffer, request: Sender & { receivedAt: number; maxEvents: number }) => Promise<Judged>;

/**
 * Parses a body and judges its events. What JSON.parse makes takes five to ten times the body's bytes, so one body at a
 * time is parsed: the rules of a key's store are known before, and admin keys, whose stores only the body tells, wait
 * for each other. Throws 400, 413, or 503 when the control store does not answer.
 */
export const createJudge = (rulesOf: (store_id: string) => Promise<StoreRules | null>): Judge => {
  const oneAtATime = createTurns(1);

  const allRules = async (stores: Iterable<string>) => {
    const asked = Array.from(stores, async (id) => [id, await rulesOf(id)] as const);
    return new Map(
      await Promise.all(asked).catch((error: unknown) => {
        throw keysUnavailable(error);
      }),
    );
  };

  return async (bytes, { key: { store_id: keyStore }, imported, receivedAt, maxEvents }) => {
    const parse = (): readonly unknown[] => {
      const events = eventsOf(parseJson(bytes));
      if (events.length > maxEvents) throw tooManyEvents(events.length, maxEvents);
      return events;
    };
    const judge = (events: readonly unknown[], rules: ReadonlyMap<string, StoreRules | null>): Judged => {
      const intake = takeIn(events, { keyStore, rules, receivedAt, imported });
      const turnedAway = intake.rejected.map(({ index, code }) => ({
        store_id: storeOf(events[index], keyStore, rules),
        code,
      }));
      return { ...intake, events: events.length, turnedAway };
    };

    if (keyStore !== null) {
      const rules = await allRules([keyStore]);
      return judge(parse(), rules);
    }
    return oneAtATime(async () => {
      const events = parse();
      return judge(events, await allRules(storesNamed(events)));
    });
  };
};
