/**
 * Why an event is not taken: a closed list. Codes are for machines (HTTP answers, dead-letter headers, counters)
 * and never change their meaning; messages are for the person who has to mend the sender.
 */
import { BUILT_IN_TYPES } from './event.ts';
import {
  MAX_CODE_LENGTH,
  MAX_EVENT_BYTES,
  MAX_ID_LENGTH,
  MAX_ITEMS,
  MAX_MONEY,
  MAX_PROPERTIES_BYTES,
  MAX_PROPERTIES_DEPTH,
  MAX_QUANTITY,
  MAX_SHORT_ID_LENGTH,
} from './limits.ts';

/** Code by code: what was found, and what the sender should do. */
const REMEDIES = {
  // Found by the parser.
  not_an_object: 'is not a JSON object; send each event as one object',
  missing_field: 'is missing; send it, this type of event needs it',
  wrong_type: 'has the wrong JSON type; send the type that the event schema names',
  bad_value: 'is not one of the allowed values; see the event schema',
  too_long: `is too long; event_id and store_id may have ${MAX_SHORT_ID_LENGTH} characters, other ids ${MAX_ID_LENGTH}, channel and friction.code ${MAX_CODE_LENGTH}`,
  bad_text: 'has half of a surrogate pair, which has no UTF-8 form; cut strings between characters, not inside them',
  bad_id:
    'is no usable id; send the real one, printable, without characters the schema forbids, or leave an optional one out',
  email_as_id: 'is an e-mail address; send an opaque id (your own number or a keyed hash of it)',
  unknown_type: `is no event type; use one of ${BUILT_IN_TYPES.join(', ')}, or your own as custom:name`,
  bad_time: 'is no time; send RFC 3339 with seconds and an offset, or whole epoch milliseconds, before 2100',
  before_2015: 'lies before 2015; set the sender’s clock, or send the time the event happened',
  too_far_ahead: 'lies more than 24 hours ahead; set the sender’s clock, or send sent_at so that it can be corrected',
  too_old:
    'is older than the store accepts; raise max_age_days, or import the event; what is older than retention_days is not kept',
  missing_currency: 'is missing though there is money; send the ISO 4217 code',
  bad_currency: 'is no ISO 4217 currency in capital letters; send one such as EUR',
  bad_money: `is no amount; send a whole number of the currency’s minor unit (cents), 0 to ${MAX_MONEY}`,
  zero_refund: 'refunds nothing; send the amount given back, above 0',
  line_too_large: `times its quantity is over ${MAX_MONEY} minor units; split the line or mend the price`,
  bad_quantity: `is no quantity; send a whole number, 1 to ${MAX_QUANTITY}`,
  no_items: 'is empty; name the lines that were added or removed (an add may empty the cart by cart_snapshot: true)',
  too_many_items: `has more than ${MAX_ITEMS} lines; send fewer, or several events`,
  misplaced_snapshot: 'is only allowed on add_to_cart; on cart_view and checkout items are the whole cart anyway',
  properties_too_large: `is over ${MAX_PROPERTIES_BYTES} bytes as JSON; send less`,
  bad_properties: `holds what JSON cannot, or more than ${MAX_PROPERTIES_DEPTH} levels; send plain, flat JSON`,
  // Found around the parser: by the collector, by ingest, by the store.
  malformed_json: 'is not JSON in UTF-8; send one JSON object an event',
  too_large: `is over ${MAX_EVENT_BYTES} bytes; send less in one event`,
  unknown_store: 'is no store here; create it, or mend store_id',
  wrong_store: 'is another store than the key’s; use that store’s key, or mend store_id',
  store_refused: 'was refused by the analytics store itself, in any company; report it with the event',
  quarantined: 'was set aside unread by an operator; replay it once what was wrong with it is mended',
} as const;

export type RejectCode = keyof typeof REMEDIES;

/** One line of documentation a code, as the messages say it. */
export const REJECT_DOCS: Readonly<Record<RejectCode, string>> = REMEDIES;

const isRejectCode = (code: string): code is RejectCode => Object.hasOwn(REMEDIES, code);

export const REJECT_CODES: readonly RejectCode[] = Object.keys(REMEDIES).filter(isRejectCode);

/** The code of that name; throws for a name outside the list, which would be a defect of ours. */
export const toRejectCode = (code: string): RejectCode => {
  if (isRejectCode(code)) return code;
  throw new Error(`${code} is no reject code; add it to the list`);
};

export type Rejection = {
  ok: false;
  code: RejectCode;
  /** Path in the event, `items[3].unit_price`; empty for the event as a whole. */
  field: string;
  message: string;
};

const SHOWN_LENGTH = 40;
/** Where the value itself says nothing to the reader, or is nobody's business. */
const HIDDEN: ReadonlySet<RejectCode> = new Set([
  'not_an_object',
  'missing_field',
  'missing_currency',
  'email_as_id',
  'bad_text',
  'bad_properties',
  'properties_too_large',
  'malformed_json',
  'too_large',
  'store_refused',
  'quarantined',
]);

const shorten = (text: string): string =>
  text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH).toWellFormed()}…` : text.toWellFormed();

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null || value === undefined) return 'nothing';
  return `a value of type ${typeof value}`;
};

/** The rejection of `field` by `code`; the message shows the value shortened, and never one that may be personal. */
export const rejection = (code: RejectCode, field: string, value?: unknown): Rejection => {
  const name = field === '' ? 'the event' : field;
  // An overlong customer_id may still be a name or an address.
  const subject = HIDDEN.has(code) || field === 'customer_id' ? name : `${name} (${show(value)})`;
  return { ok: false, code, field, message: `${subject} ${REMEDIES[code]}` };
};
