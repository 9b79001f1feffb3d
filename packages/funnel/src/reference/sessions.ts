import { MINUTE_MS } from '../definition.ts';
import type { DayOf } from './days.ts';
import type { KeptEvent } from './kept.ts';

/** A session belongs to the day of its first event, whenever its others happen. */
export type Session = {
  /** As a JSON list: the visitor and the session id; without one the visitor and the event that opened it. */
  id: string;
  visitor_id: string;
  day: string;
};

const GAP_MS = 30 * MINUTE_MS;

/**
 * The session of every event, from events in order. A given session id is never split; an event without one joins
 * the session of its visitor's previous event when that is at most 30 min before, else opens its own.
 */
export const assignSessions = (events: readonly KeptEvent[], dayOf: DayOf): Map<KeptEvent, Session> => {
  const given = new Map<string, Map<string, Session>>();
  const previous = new Map<string, KeptEvent>();
  const sessions = new Map<KeptEvent, Session>();

  const open = (e: KeptEvent): Session => ({
    id: JSON.stringify(
      e.session_id === undefined ? [e.visitor_id, e.event_id, e.occurred_at] : [e.visitor_id, e.session_id],
    ),
    visitor_id: e.visitor_id,
    day: dayOf(e.time),
  });

  for (const e of events) {
    const before = previous.get(e.visitor_id);
    previous.set(e.visitor_id, e);
    if (e.session_id === undefined) {
      const joined = before !== undefined && e.time - before.time <= GAP_MS ? sessions.get(before) : undefined;
      sessions.set(e, joined ?? open(e));
      continue;
    }
    const ofVisitor = given.get(e.visitor_id) ?? new Map<string, Session>();
    given.set(e.visitor_id, ofVisitor);
    const session = ofVisitor.get(e.session_id) ?? open(e);
    ofVisitor.set(e.session_id, session);
    sessions.set(e, session);
  }
  return sessions;
};
