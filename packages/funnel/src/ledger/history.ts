import { MINUTE_MS } from '../definition.ts';
import type { KeptEvent } from './kept-event.ts';
import { compareEvents } from './order-of-events.ts';

const SESSION_GAP_MS = 30 * MINUTE_MS;

export type Session = {
  visitor_id: string;
  /** Its session_id, or `~event_id` of the event that opened it. */
  key: string;
  /** Tells apart what the printed key does not. */
  unitId: string;
  entries: Entry[];
};

/** An event in its place. */
export type Entry = {
  event: KeptEvent;
  time: number;
  /** Place in the order of events. */
  position: number;
  session: Session;
};

export type Visitor = { visitor_id: string; entries: Entry[]; sessions: Session[] };

/** All kept events in order, and the same by visitor and session. */
export type History = { entries: Entry[]; visitors: Map<string, Visitor> };

type Sessions = { byId: Map<string, Session>; last: Entry | null };

/** Puts events in order and each into its session: (visitor, session_id), or that of the visitor's previous event. */
export const createHistory = (events: readonly KeptEvent[]): History => {
  const visitors = new Map<string, Visitor>();
  const state = new Map<Visitor, Sessions>();
  const entries: Entry[] = [];

  const visitorOf = (visitor_id: string): [Visitor, Sessions] => {
    let visitor = visitors.get(visitor_id);
    if (!visitor) {
      visitor = { visitor_id, entries: [], sessions: [] };
      visitors.set(visitor_id, visitor);
    }
    let sessions = state.get(visitor);
    if (!sessions) {
      sessions = { byId: new Map(), last: null };
      state.set(visitor, sessions);
    }
    return [visitor, sessions];
  };

  const open = (visitor: Visitor, key: string, unit: readonly unknown[]): Session => {
    const session = { visitor_id: visitor.visitor_id, key, unitId: JSON.stringify(unit), entries: [] };
    visitor.sessions.push(session);
    return session;
  };

  const sessionOf = (event: KeptEvent, visitor: Visitor, { byId, last }: Sessions): Session => {
    const { visitor_id, session_id, event_id } = event;
    if (session_id === undefined) {
      const joins = last && event.event_time - last.time <= SESSION_GAP_MS;
      return joins ? last.session : open(visitor, `~${event_id}`, [visitor_id, event_id, event.occurred_at]);
    }
    let session = byId.get(session_id);
    if (!session) {
      session = open(visitor, session_id, [visitor_id, session_id]);
      byId.set(session_id, session);
    }
    return session;
  };

  for (const event of events.toSorted(compareEvents)) {
    const [visitor, sessions] = visitorOf(event.visitor_id);
    const session = sessionOf(event, visitor, sessions);
    const entry = { event, time: event.event_time, position: entries.length, session };
    sessions.last = entry;
    session.entries.push(entry);
    visitor.entries.push(entry);
    entries.push(entry);
  }
  return { entries, visitors };
};
