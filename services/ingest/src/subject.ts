import { eventTime, type Hasher, parseTime } from '@cartledger/events';
import type { Subject } from './erased.ts';
import { keyedStore } from './keyed-store.ts';

/** Nothing is looked for in larger ones: an event has less. */
const MAX_PARSED_BYTES = 2 ** 17;

const textIn = (object: object, field: string): string => {
  const value: unknown = Object.entries(object).find(([name]) => name === field)?.[1];
  return typeof value === 'string' ? value : '';
};

const parsed = (value: Buffer | null): object | null => {
  if (value === null || value.length > MAX_PARSED_BYTES) return null;
  try {
    const input: unknown = JSON.parse(value.toString('utf8'));
    return typeof input === 'object' ? input : null;
  } catch {
    return null;
  }
};

const timeOf = (event: object, received_at: number): number => {
  const occurred_at = parseTime('occurred_at' in event ? event.occurred_at : undefined);
  const sent_at = parseTime('sent_at' in event ? event.sent_at : undefined) ?? undefined;
  return occurred_at === null ? received_at : eventTime({ occurred_at, sent_at, received_at });
};

/**
 * Whom a record is of that may be no event at all: as its bytes say, else its key (`store_id:visitor_id`). `received_at`:
 * when it was taken in, which stands for the time of what names none.
 */
export const subjectOf = (
  { key, value }: { key: Buffer | null; value: Buffer | null },
  received_at: number,
  hasher: Hasher,
): Subject => {
  const event = parsed(value) ?? {};
  const named = textIn(event, 'visitor_id');
  const keyed = keyedStore(key);
  const store_id = textIn(event, 'store_id') || keyed;
  const visitor_id = named || (keyed === '' ? '' : (key?.toString('utf8').slice(keyed.length + 1) ?? ''));
  const customer_id = textIn(event, 'customer_id');
  return {
    store_id,
    visitor: visitor_id === '' ? null : hasher.visitorNode(visitor_id),
    customer: customer_id === '' ? null : hasher.customerHash(customer_id),
    at: timeOf(event, received_at),
  };
};
