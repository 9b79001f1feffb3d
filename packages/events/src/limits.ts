/** Every limit of the canonical event, in one place. Free text has none of its own: the event's size bounds it. */

/** Bytes of one event's JSON, as received. The parser sees no bytes: who holds them asks `isEventTooLarge`. */
export const MAX_EVENT_BYTES = 64 * 1024;
/** Bytes of `properties` written as JSON in UTF-8. */
export const MAX_PROPERTIES_BYTES = 8 * 1024;
/** Levels of objects and lists inside `properties`. */
export const MAX_PROPERTIES_DEPTH = 32;

/** Of `event_id` and `store_id`, in characters. */
export const MAX_SHORT_ID_LENGTH = 64;
/** Of every other id, in UTF-16 code units. */
export const MAX_ID_LENGTH = 128;
/** Of `channel` and `friction.code`, in UTF-16 code units. */
export const MAX_CODE_LENGTH = 64;

export const MAX_ITEMS = 500;
export const MAX_QUANTITY = 1_000_000;
export const MAX_REVISION = 2 ** 32 - 1;
/** Of any amount and any line value, in minor units. */
export const MAX_MONEY = 1_000_000_000_000;

/** 2015-01-01 UTC: nothing happened before. */
export const MIN_TIME = Date.UTC(2015, 0, 1);
/** 2100-01-01 UTC: the end of what a clock may claim, however wrong it is. */
export const MAX_TIME = Date.UTC(2100, 0, 1);
/** How far the corrected time may lie ahead of the time of receipt. */
export const MAX_AHEAD_MS = 86_400_000;
/** A client clock wrong by no more than this is taken at its word. */
export const SKEW_TOLERANCE_MS = 2_000;

export const EVENT_ID_PATTERN = /^[A-Za-z0-9_.:-]+$/;
export const STORE_ID_PATTERN = /^[a-z0-9_-]+$/;
/** A store's own event types: `custom:` and such a name. */
export const CUSTOM_NAME_PATTERN = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Whether the JSON of one event, as received, is over the limit (reject code `too_large`). */
export const isEventTooLarge = (bytes: { readonly byteLength: number }): boolean => bytes.byteLength > MAX_EVENT_BYTES;
