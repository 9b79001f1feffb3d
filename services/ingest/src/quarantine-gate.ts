import type { LogRecord } from '@cartledger/event-log';
import { REJECT_DOCS } from '@cartledger/events';
import { keyedStore } from './keyed-store.ts';
import type { Quarantine } from './quarantine.ts';
import { readReceipt } from './receipt.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { Rejected, Taken } from './take-in.ts';

type GateDeps = {
  quarantine: Pick<Quarantine, 'find' | 'ranges'>;
  stores: Pick<StoreDirectory, 'get'>;
  now: () => number;
};

/** Records of ranges that were set aside are rejected unread: what is in them may be what nothing survives. */
export const createQuarantineGate = ({ quarantine, stores, now }: GateDeps, topicEpoch: string) => {
  const rejected = (record: LogRecord, reason: string): Rejected => {
    const named = keyedStore(record.key);
    return {
      outcome: 'rejected',
      record,
      rejection: {
        ok: false,
        code: 'quarantined',
        field: '',
        message: `the event (${reason}) ${REJECT_DOCS.quarantined}`,
      },
      store_id: stores.get(named) === undefined ? '' : named,
      received_at: Math.min(readReceipt(record, now).received_at, now()),
    };
  };
  return {
    /** Whether a record of [from, to] may be set aside: then each is to be asked for with `guard`. */
    touches: (partition: number, from: bigint, to: bigint): boolean =>
      quarantine.ranges.some(
        (range) =>
          range.topicEpoch === topicEpoch && range.partition === partition && range.first <= to && range.last >= from,
      ),
    /** `takeIn` for what is not set aside. */
    guard:
      (takeIn: (record: LogRecord) => Taken) =>
      (record: LogRecord): Taken => {
        const range = quarantine.find(topicEpoch, record.partition, record.offset);
        return range === null ? takeIn(record) : rejected(record, range.reason);
      },
  };
};
