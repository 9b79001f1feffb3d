import type { Delivery } from '@cartledger/events';
import { DAY_MS } from '../definition.ts';

const CLOCK_ERROR_MS = 2_000;
const AHEAD_MS = DAY_MS;

/** The client's time set right by its clock's error, which is believed only beyond 2,000 ms either way. */
const correctedTime = (d: Delivery): number => {
  const error = d.sent_at === undefined ? 0 : d.received_at - d.sent_at;
  return Math.abs(error) > CLOCK_ERROR_MS ? d.occurred_at + error : d.occurred_at;
};

/** When the event happened, ms UTC: never after it was received. */
export const eventTime = (d: Delivery): number => Math.min(correctedTime(d), d.received_at);

/** More than 24 h ahead before the cap: no event at all. */
export const isTooFarAhead = (d: Delivery): boolean => correctedTime(d) > d.received_at + AHEAD_MS;
