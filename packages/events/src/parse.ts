/**
 * The hot path: the same answers as parse-zod.ts, about seven times as fast: 1.7 us against 11.5 us an
 * event of 500 bytes, where JSON.parse takes 1.6 us (Node 24, one run side by side). Field for field in the order
 * of schema.ts, then the rules of parse-zod.ts in theirs, so that both name the same first problem.
 */
import { isCurrency } from './currency.ts';
import { CAMPAIGN_FIELDS, DEVICE_FIELDS, PAGE_FIELDS, type StoreEvent } from './event.ts';
import { EVENT_ID_PATTERN, MAX_REVISION, STORE_ID_PATTERN } from './limits.ts';
import {
  codeProblem,
  idProblem,
  isAbsent,
  isCheckoutStep,
  isCode,
  isEventType,
  isIdText,
  isRefundKind,
  isRequiredId,
  isShortId,
  isSource,
  isWhole,
  shortIdProblem,
  typeProblem,
} from './parse-fields.ts';
import { isRejection, readAmounts, readConsent, readFriction, readItems, readTexts } from './parse-parts.ts';
import { ruleProblem } from './parse-rules.ts';
import type { ParseContext, Parsed } from './parsed.ts';
import { isObject, propertiesProblem } from './properties.ts';
import { type Rejection, rejection } from './reject.ts';
import { hasEmail, isJunkId } from './text.ts';
import { parseTime } from './time.ts';

const OPTIONAL_IDS = ['session_id', 'customer_id', 'cart_id', 'order_id', 'refund_id'] as const;

const badTime = (value: unknown, field: string): Rejection =>
  rejection(isAbsent(value) ? 'missing_field' : 'bad_time', field, value);

/** Who, what and when; the event to which the rest is added. */
const readCore = (raw: Record<string, unknown>, junk: string[], { storeId }: ParseContext): StoreEvent | Rejection => {
  const { event_id, type, visitor_id, sent_at } = raw;
  const store_id = raw.store_id ?? storeId;
  if (!isShortId(event_id, EVENT_ID_PATTERN)) return rejection(shortIdProblem(event_id), 'event_id', event_id);
  if (!isShortId(store_id, STORE_ID_PATTERN)) return rejection(shortIdProblem(store_id), 'store_id', store_id);
  if (!isEventType(type)) return rejection(typeProblem(type), 'type', type);
  const occurred_at = parseTime(raw.occurred_at);
  if (occurred_at === null) return badTime(raw.occurred_at, 'occurred_at');
  const sent = isAbsent(sent_at) ? undefined : parseTime(sent_at);
  if (sent === null) return badTime(sent_at, 'sent_at');
  if (!isRequiredId(visitor_id)) return rejection(idProblem(visitor_id), 'visitor_id', visitor_id);
  const event: StoreEvent = { event_id, store_id, type, occurred_at, visitor_id };
  if (sent !== undefined) event.sent_at = sent;
  for (const field of OPTIONAL_IDS) {
    const id = raw[field];
    if (isAbsent(id)) continue;
    if (!isIdText(id)) return rejection(idProblem(id), field, id);
    if (field === 'customer_id' && hasEmail(id)) return rejection('email_as_id', field, id);
    if (isJunkId(id)) junk.push(field);
    else event[field] = id;
  }
  return event;
};

/** The small fields, into `event`. */
const readScalars = (raw: Record<string, unknown>, event: StoreEvent): Rejection | null => {
  const { kind, revision, test, channel, checkout_step, currency } = raw;
  if (!isAbsent(kind)) {
    if (!isRefundKind(kind)) return rejection('bad_value', 'kind', kind);
    event.kind = kind;
  }
  if (!isAbsent(revision)) {
    if (!isWhole(revision, 0, MAX_REVISION)) return rejection('bad_value', 'revision', revision);
    event.revision = revision;
  }
  if (!isAbsent(test)) {
    if (typeof test !== 'boolean') return rejection('wrong_type', 'test', test);
    event.test = test;
  }
  if (!isAbsent(channel)) {
    if (!isCode(channel)) return rejection(codeProblem(channel), 'channel', channel);
    event.channel = channel;
  }
  if (!isAbsent(checkout_step)) {
    if (!isCheckoutStep(checkout_step)) return rejection('bad_value', 'checkout_step', checkout_step);
    event.checkout_step = checkout_step;
  }
  if (!isAbsent(currency)) {
    if (!isCurrency(currency)) return rejection('bad_currency', 'currency', currency);
    event.currency = currency;
  }
  return null;
};

/** What the cart or the order holds, into `event`. */
const readContents = (raw: Record<string, unknown>, event: StoreEvent, junk: string[]): Rejection | null => {
  if (!isAbsent(raw.items)) {
    const items = readItems(raw.items, junk);
    if (isRejection(items)) return items;
    event.items = items;
  }
  const { cart_snapshot } = raw;
  if (!isAbsent(cart_snapshot)) {
    if (typeof cart_snapshot !== 'boolean') return rejection('wrong_type', 'cart_snapshot', cart_snapshot);
    event.cart_snapshot = cart_snapshot;
  }
  if (!isAbsent(raw.amounts)) {
    const amounts = readAmounts(raw.amounts);
    if (isRejection(amounts)) return amounts;
    event.amounts = amounts;
  }
  return null;
};

/** Where and how it happened, into `event`. */
const readSurroundings = (raw: Record<string, unknown>, event: StoreEvent): Rejection | null => {
  if (!isAbsent(raw.friction)) {
    const friction = readFriction(raw.friction);
    if (isRejection(friction)) return friction;
    event.friction = friction;
  }
  if (!isAbsent(raw.page)) {
    const page = readTexts(raw.page, 'page', PAGE_FIELDS);
    if (isRejection(page)) return page;
    event.page = page;
  }
  if (!isAbsent(raw.campaign)) {
    const campaign = readTexts(raw.campaign, 'campaign', CAMPAIGN_FIELDS);
    if (isRejection(campaign)) return campaign;
    event.campaign = campaign;
  }
  if (!isAbsent(raw.device)) {
    const device = readTexts(raw.device, 'device', DEVICE_FIELDS);
    if (isRejection(device)) return device;
    event.device = device;
  }
  if (!isAbsent(raw.consent)) {
    const consent = readConsent(raw.consent);
    if (isRejection(consent)) return consent;
    event.consent = consent;
  }
  if (!isAbsent(raw.source)) {
    if (!isSource(raw.source)) return rejection('bad_value', 'source', raw.source);
    event.source = raw.source;
  }
  if (!isAbsent(raw.properties)) {
    if (!isObject(raw.properties)) return rejection('wrong_type', 'properties', raw.properties);
    const problem = propertiesProblem(raw.properties);
    if (problem !== null) return rejection(problem, 'properties', raw.properties);
    event.properties = raw.properties;
  }
  return null;
};

/**
 * The canonical event in `input` (what JSON.parse made of one event), or why it is none: the first problem, by a
 * code of REJECT_CODES. Never throws, whatever the input. The size in bytes is for who holds the bytes to check
 * (`isEventTooLarge`).
 */
export const parseEvent = (input: unknown, context: ParseContext): Parsed => {
  if (!isObject(input)) return rejection('not_an_object', '', input);
  const junk: string[] = [];
  const event = readCore(input, junk, context);
  if (isRejection(event)) return event;
  const problem =
    readScalars(input, event) ??
    readContents(input, event, junk) ??
    readSurroundings(input, event) ??
    ruleProblem(event, input, junk, context);
  return problem ?? { ok: true, event, junk };
};
