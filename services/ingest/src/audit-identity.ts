import type { LogRecord } from '@cartledger/event-log';
import { eventTime, type Hasher, parseEvent } from '@cartledger/events';
import type { EventKey } from './audit-rows.ts';
import { decode } from './decode.ts';
import { readReceipt } from './receipt.ts';

/** An event that a record brings: which one, and what decides whether this delivery of it is kept. */
export type Identity = EventKey & { received_at: number; event_time: number; payload_hash: bigint };

/**
 * Which event a record brings, whether or not it would be taken in today: stores and rules may have changed since. Null
 * for a record that never was one.
 */
export const identityOf = (record: LogRecord, hasher: Hasher, now: () => number): Identity | null => {
  const decoded = decode(record);
  if (!decoded.ok) return null;
  const { received_at } = readReceipt(record, now);
  const parsed = parseEvent(decoded.input, { received_at, maxAgeDays: null });
  if (!parsed.ok) return null;
  const { store_id, visitor_id, event_id, occurred_at } = parsed.event;
  const at = new Date(occurred_at);
  return {
    store_id,
    visitor_hash: hasher.visitorNode(visitor_id),
    event_hash: hasher.xxh64(event_id),
    month: at.getUTCFullYear() * 100 + at.getUTCMonth() + 1,
    received_at,
    event_time: eventTime({ ...parsed.event, received_at }),
    payload_hash: hasher.xxh64(record.value ?? ''),
  };
};
