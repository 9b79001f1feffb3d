import type { LogRecord } from '@cartledger/event-log';
import { MAX_AHEAD_MS, parseEvent, type Rejection, rejection, type StoreEvent } from '@cartledger/events';
import { decode } from './decode.ts';
import { type Receipt, readReceipt } from './receipt.ts';
import type { StoreDirectory } from './store-directory.ts';

export type Accepted = { outcome: 'accepted'; record: LogRecord; event: StoreEvent; receipt: Receipt; junk: string[] };
type Rejected = { outcome: 'rejected'; record: LogRecord; rejection: Rejection };
/** Valid, but of a store the directory does not have: perhaps not yet. */
export type Unknown = { outcome: 'unknown_store'; record: LogRecord; rejection: Rejection };
export type Taken = Accepted | Rejected | Unknown;

const storeIdOf = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'store_id' in input && typeof input.store_id === 'string'
    ? input.store_id
    : '';

/**
 * One record's way in: decode, read the receipt, validate by the store's rules. Trusts nothing and never throws:
 * storefronts may write to the topic directly.
 */
export const createTakeIn =
  ({ stores, now }: { stores: Pick<StoreDirectory, 'get'>; now: () => number }) =>
  (record: LogRecord): Taken => {
    const decoded = decode(record);
    if (!decoded.ok) return { outcome: 'rejected', record, rejection: decoded };
    const receipt = readReceipt(record, now);
    // Reports stand no earlier than their last event: one dated far ahead would carry as_of with it.
    if (receipt.received_at > now() + MAX_AHEAD_MS) {
      return { outcome: 'rejected', record, rejection: rejection('too_far_ahead', 'received_at', receipt.received_at) };
    }
    const store = stores.get(storeIdOf(decoded.input));
    const parsed = parseEvent(decoded.input, {
      received_at: receipt.received_at,
      maxAgeDays: store === undefined || receipt.imported ? null : store.maxAgeDays,
    });
    if (!parsed.ok) return { outcome: 'rejected', record, rejection: parsed };
    const { event, junk } = parsed;
    if (store === undefined) {
      return { outcome: 'unknown_store', record, rejection: rejection('unknown_store', 'store_id', event.store_id) };
    }
    return { outcome: 'accepted', record, event, receipt, junk };
  };
