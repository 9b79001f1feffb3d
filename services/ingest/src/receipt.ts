import { IMPORT_HEADER, JUNK_IDS_HEADER, type LogRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { parseTime } from '@cartledger/events';

/** What a record says about its delivery rather than about the event. */
export type Receipt = {
  /** ms UTC. */
  received_at: number;
  /** Through the door for imports, which age does not keep out. */
  imported: boolean;
  /** Optional ids that the collector found to be junk and left out. */
  junkIds: number;
};

const DECIMAL = /^\d{1,15}$/;
/** An event has some hundred ids at most. */
const SMALL_DECIMAL = /^\d{1,3}$/;

/**
 * When a delivery was taken in: the header set at the door, else the record's timestamp. A producer may write what
 * it likes into either: what is no time is passed over, in the end for `now`.
 */
export const readReceipt = ({ headers, timestamp }: LogRecord, now: () => number): Receipt => {
  const header = headers[RECEIVED_AT_HEADER]?.toString('latin1') ?? '';
  const junk = headers[JUNK_IDS_HEADER]?.toString('latin1');
  const stamped = DECIMAL.test(header) ? parseTime(Number(header)) : null;
  return {
    received_at: stamped ?? parseTime(timestamp) ?? now(),
    imported: headers[IMPORT_HEADER]?.toString('latin1') === '1',
    junkIds: junk !== undefined && SMALL_DECIMAL.test(junk) ? Number(junk) : 0,
  };
};
