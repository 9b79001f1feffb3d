import type { LogRecord } from '@cartledger/event-log';
import {
  MAX_AHEAD_MS,
  parseEvent,
  type Rejection,
  rejection,
  STORE_ID_PATTERN,
  type StoreEvent,
} from '@cartledger/events';
import { decode } from './decode.ts';
import { type Receipt, readReceipt } from './receipt.ts';
import type { StoreDirectory } from './store-directory.ts';

export type Accepted = { outcome: 'accepted'; record: LogRecord; event: StoreEvent; receipt: Receipt; junk: string[] };
export type Rejected = {
  outcome: 'rejected';
  record: LogRecord;
  rejection: Rejection;
  /** A store that is here, as far as it can be told; else ''. */
  store_id: string;
  received_at: number;
};
/** Rejected, but of a store the directory does not have: perhaps not yet. */
export type Unknown = Omit<Rejected, 'outcome'> & { outcome: 'unknown_store' };
export type Taken = Accepted | Rejected | Unknown;

const storeIdOf = (input: unknown): string =>
  typeof input === 'object' && input !== null && 'store_id' in input && typeof input.store_id === 'string'
    ? input.store_id
    : '';

/** Of a key as the collector makes it, `store_id:visitor_id`. */
const keyedStore = ({ key }: LogRecord): string =>
  /^[a-z0-9_-]{1,64}(?=:)/.exec(key?.toString('latin1', 0, 65) ?? '')?.[0] ?? '';

/**
 * One record's way in: decode, read the receipt, validate by the store's rules. Trusts nothing and never throws:
 * storefronts may write to the topic directly.
 */
export const createTakeIn = ({ stores, now }: { stores: Pick<StoreDirectory, 'get'>; now: () => number }) => {
  return (record: LogRecord): Taken => {
    const receipt = readReceipt(record, now);
    const reject = (rejection: Rejection, input?: unknown): Rejected | Unknown => {
      // What names no store may still be keyed by one.
      const named = storeIdOf(input) || keyedStore(record);
      const isHere = stores.get(named) !== undefined;
      return {
        outcome: isHere || !STORE_ID_PATTERN.test(named) ? 'rejected' : 'unknown_store',
        record,
        rejection,
        store_id: isHere ? named : '',
        // One that claims to come from the future counts now.
        received_at: Math.min(receipt.received_at, now()),
      };
    };
    const decoded = decode(record);
    if (!decoded.ok) return reject(decoded);
    const { input } = decoded;
    // Reports stand no earlier than their last event: one dated far ahead would carry as_of with it.
    if (receipt.received_at > now() + MAX_AHEAD_MS) {
      return reject(rejection('too_far_ahead', 'received_at', receipt.received_at), input);
    }
    const store = stores.get(storeIdOf(input));
    const parsed = parseEvent(input, {
      received_at: receipt.received_at,
      maxAgeDays: store === undefined || receipt.imported ? null : store.maxAgeDays,
    });
    if (!parsed.ok) return reject(parsed, input);
    const { event, junk } = parsed;
    if (store === undefined) {
      return reject(rejection('unknown_store', 'store_id', event.store_id), input);
    }
    return { outcome: 'accepted', record, event, receipt, junk };
  };
};
