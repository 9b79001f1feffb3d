import type { RejectCode } from '@cartledger/events';

const MEND_SENDER =
  'Mend the sender. A replay of the same bytes fails again: send the event again, mended, under its own event_id.';

/** Where more can be done than to mend the sender. */
const REMEDIES: Partial<Record<RejectCode, string>> = {
  unknown_store:
    'If the store should be here, make it (cartledger store create ID), then replay: cartledger dead-letters replay --reason unknown_store --store ID. Else mend the sender’s store_id.',
  too_old:
    'If events so old are wanted, raise the store’s max_age_days (cartledger store set), then replay. Else mend the sender’s clock.',
  too_far_ahead:
    'Mend the clock of the sender, or of who wrote the record. Once the time has come, a replay takes the event in as it is.',
  before_2015: 'Mend the sender’s clock, and send the event again with the time it happened, under its own event_id.',
  store_refused:
    'ClickHouse refuses the row in any company: the log of ingest has its words. Mend the table or the server (a disk, a constraint, a version), then replay.',
  quarantined:
    'It was set aside unread. Once what made the range bad is mended (a new version, a server with more memory), replay it: what is bad in it is then told with its own reason.',
  malformed_json:
    'Something writes to the topic that is no JSON in UTF-8: find it by the key and the bytes. A replay of the same bytes fails again.',
  wrong_store: 'Use the key of the store that the event names, or mend the sender’s store_id, and send it again.',
  too_large: 'Send less in one event: split what is large into several. A replay of the same bytes fails again.',
};

/** What an operator can do about a letter of that reason. A code of another version has the general answer. */
export const remedyFor = (code: string): string => {
  const known: Readonly<Record<string, string | undefined>> = REMEDIES;
  return known[code] ?? MEND_SENDER;
};
