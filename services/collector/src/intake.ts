import { IMPORT_HEADER, JUNK_IDS_HEADER, type ProduceRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import {
  eventTime,
  isEventTooLarge,
  MAX_AHEAD_MS,
  parseEvent,
  type RejectCode,
  type Rejection,
  readReceivedAt,
  rejection,
} from '@cartledger/events';
import { badBody } from './errors.ts';
import type { StoreRules } from './stores.ts';

export type RejectedEvent = {
  index: number;
  /** As sent, when it was sent as text. */
  event_id: string | null;
  code: RejectCode;
  field: string;
  message: string;
};

export type Intake = {
  records: ProduceRecord[];
  rejected: RejectedEvent[] /** Fields whose junk ids went. */;
  junk: string[];
};

export type IntakeContext = {
  /** The key's store; null for an admin key, which may name any. */
  keyStore: string | null;
  /** Of every store named in the events; null: there is no such store. */
  rules: ReadonlyMap<string, StoreRules | null>;
  receivedAt: number;
  /** Keeps each event's own received_at, and takes events of any age. */
  imported: boolean;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The events of a body: an array, `{"events": [...]}`, or one event alone. Throws `bad_body`. */
export const eventsOf = (body: unknown): readonly unknown[] => {
  if (Array.isArray(body)) return body;
  if (!isObject(body)) throw badBody();
  if (Array.isArray(body.events)) return body.events;
  if ('event_id' in body || 'type' in body) return [body];
  throw badBody();
};

export const storesNamed = (events: readonly unknown[]): Set<string> =>
  new Set(events.flatMap((e) => (isObject(e) && typeof e.store_id === 'string' ? [e.store_id] : [])));

/** The store an event belongs to, as far as it can be told: the key's, else the one it names if that is there; else ''. */
export const storeOf = (
  input: unknown,
  keyStore: string | null,
  rules: ReadonlyMap<string, StoreRules | null>,
): string => {
  if (keyStore !== null) return keyStore;
  const named = isObject(input) && typeof input.store_id === 'string' ? input.store_id : '';
  return rules.get(named) ? named : '';
};

const MAX_SHOWN_ID = 128;
const shownId = (input: unknown): string | null =>
  isObject(input) && typeof input.event_id === 'string' ? input.event_id.slice(0, MAX_SHOWN_ID).toWellFormed() : null;

/** An import's own received_at, else the time of this request. */
const receivedAtOf = (input: Record<string, unknown>, { imported, receivedAt }: IntakeContext): number | Rejection => {
  if (!imported || input.received_at === undefined || input.received_at === null) return receivedAt;
  const own = readReceivedAt(input);
  if (own === null) return rejection('bad_time', 'received_at', input.received_at);
  return own > receivedAt + MAX_AHEAD_MS ? rejection('too_far_ahead', 'received_at', input.received_at) : own;
};

const DAY_MS = 86_400_000;

type Taken = { record: ProduceRecord; junk: readonly string[] };

const takeOne = (input: unknown, context: IntakeContext): Taken | Rejection => {
  if (!isObject(input)) return rejection('not_an_object', '', input);
  const { keyStore, imported } = context;
  const store_id = input.store_id ?? keyStore;
  if (keyStore !== null && typeof store_id === 'string' && store_id !== keyStore) {
    return rejection('wrong_store', 'store_id', store_id);
  }
  const received_at = receivedAtOf(input, context);
  if (typeof received_at !== 'number') return received_at;

  const rules = typeof store_id === 'string' ? context.rules.get(store_id) : undefined;
  const maxAgeDays = imported || !rules ? null : rules.maxAgeDays;
  const parsed = parseEvent(input, { received_at, maxAgeDays, ...(keyStore !== null && { storeId: keyStore }) });
  if (!parsed.ok) return parsed;
  // After the parser, so that what is no store id at all is called that.
  if (!rules) return rejection('unknown_store', 'store_id', store_id);

  const { event, junk } = parsed;
  // By the time of this request: what an import says of its own receipt may be as old.
  const keptSince = context.receivedAt - (rules.retentionDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
  if (eventTime({ ...event, received_at }) < keptSince) return rejection('too_old', 'occurred_at', input.occurred_at);
  const value = Buffer.from(JSON.stringify(event));
  if (isEventTooLarge(value)) return rejection('too_large', '');
  const headers = {
    [RECEIVED_AT_HEADER]: String(received_at),
    ...(imported ? { [IMPORT_HEADER]: '1' } : {}),
    ...(junk.length > 0 ? { [JUNK_IDS_HEADER]: String(junk.length) } : {}),
  };
  return { record: { key: `${event.store_id}:${event.visitor_id}`, value, headers }, junk };
};

/** Judges each event by itself: one that is bad does not hold up the others. Pure. */
export const takeIn = (events: readonly unknown[], context: IntakeContext): Intake => {
  const intake: Intake = { records: [], rejected: [], junk: [] };
  for (const [index, input] of events.entries()) {
    const taken = takeOne(input, context);
    if ('record' in taken) {
      intake.records.push(taken.record);
      intake.junk.push(...taken.junk);
    } else {
      const { code, field, message } = taken;
      intake.rejected.push({ index, event_id: shownId(input), code, field, message });
    }
  }
  return intake;
};
