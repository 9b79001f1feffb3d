import type { Delivery } from '@cartledger/events';

/** The kept delivery of an event, with its time corrected for the client's clock (definitions.md 1). */
export type KeptEvent = Delivery & {
  /** ms UTC, at most `received_at`. */
  event_time: number;
};
