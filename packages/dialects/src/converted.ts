/** What every dialect answers, event by event. */

/** An event as it may be sent to the collector for import: with its `received_at`, not yet validated. */
export type ImportEvent = Readonly<Record<string, unknown>>;

export const DIALECT_REASONS = [
  'malformed_json',
  'not_an_object',
  'not_utf8',
  'too_large',
  'bad_header',
  'malformed_csv',
  'wrong_columns',
  'unknown_event_type',
  'bad_id',
  'bad_time',
  'bad_price',
] as const;
export type DialectReason = (typeof DIALECT_REASONS)[number];

/** A line that could not be converted; the others are. `message` says what was found and what to do. */
export type Unconverted = { ok: false; line: number; reason: DialectReason; message: string };

/** `line`: where the event's (first) line stands in the input, from 1. */
export type Converted = { ok: true; event: ImportEvent; line: number } | Unconverted;

export type DialectOptions = {
  store_id: string;
  /** ISO 4217, for dialects whose rows name none. */
  currency?: string;
};

/** Converts a byte stream of any length in bounded memory; the same input gives the same events, ids included. */
export type Dialect = (input: AsyncIterable<Uint8Array>, options: DialectOptions) => AsyncGenerator<Converted>;

export const unconverted = (line: number, reason: DialectReason, message: string): Unconverted => ({
  ok: false,
  line,
  reason,
  message: `line ${line}: ${message}`,
});

/** A value for a message, shortened. */
export const shown = (value: string): string =>
  JSON.stringify(value.length > 40 ? `${value.slice(0, 40).toWellFormed()}…` : value);
