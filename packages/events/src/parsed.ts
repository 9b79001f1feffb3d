/** What both parsers are asked and answer. */
import type { StoreEvent } from './event.ts';
import type { Rejection } from './reject.ts';

export type ParseContext = {
  /** ms UTC: when the collector or the log took the event in. */
  received_at: number;
  /** The store's `max_age_days`; null for imports, which have no age limit. */
  maxAgeDays: number | null;
  /** Of an event that names none: the store of the key with which it was sent. */
  storeId?: string;
};

/** `junk`: the optional ids that were junk and are now absent, as paths. */
export type Parsed = { ok: true; event: StoreEvent; junk: string[] } | Rejection;
