/** What the fields of an event mean together: the rules of packages/events/src/parse-rules.ts, by number. */
import {
  AMOUNT_FIELDS,
  BUILT_IN_TYPES,
  type BuiltInType,
  correctedTime,
  MAX_AHEAD_MS,
  MIN_TIME,
  SOURCES,
} from '@cartledger/events';
import type { Met } from './bytes.ts';
import { FIELD, FLAG, INT, NUMBER, ROW_INTS, ROW_NUMBERS, type Rows, SOURCE_SHIFT } from './rows.ts';

const DAY_MS = 86_400_000;
const numberOf = (type: BuiltInType): number => BUILT_IN_TYPES.indexOf(type);
const PURCHASE = numberOf('purchase');
export const REFUND = numberOf('refund');
const ADD = numberOf('add_to_cart');
const REMOVE = numberOf('remove_from_cart');
const FRICTION = numberOf('friction');
const BROWSER = SOURCES.indexOf('browser');
const TOTAL = AMOUNT_FIELDS.indexOf('total');

const has = (seen: number, field: number): boolean => (seen & (1 << field)) !== 0;

const REQUIRED =
  (1 << FIELD.event_id) |
  (1 << FIELD.store_id) |
  (1 << FIELD.type) |
  (1 << FIELD.occurred_at) |
  (1 << FIELD.visitor_id);

/** Whether the row's times are within bounds; notes when the event happened. `maxAgeDays` null: however old it may be. */
const areTimesGood = (seen: number, rows: Rows, maxAgeDays: number | null): boolean => {
  const { numbers } = rows;
  const base = rows.count * ROW_NUMBERS;
  const occurred_at = numbers[base + NUMBER.occurred_at] ?? 0;
  const received_at = numbers[base + NUMBER.received_at] ?? 0;
  const sent_at = has(seen, FIELD.sent_at) ? (numbers[base + NUMBER.sent_at] ?? 0) : undefined;
  if (sent_at === undefined) numbers[base + NUMBER.sent_at] = Number.NaN;
  const corrected = correctedTime({ occurred_at, sent_at, received_at });
  numbers[base + NUMBER.event_time] = Math.min(corrected, received_at);
  if (occurred_at < MIN_TIME || corrected < MIN_TIME || corrected - received_at > MAX_AHEAD_MS) return false;
  return maxAgeDays === null || received_at - corrected <= maxAgeDays * DAY_MS;
};

/** Of purchases and refunds. */
const isOrderGood = (seen: number, type: number, source: number, total: number): boolean => {
  if (!has(seen, FIELD.order_id) || total < 0) return false;
  return type === PURCHASE || (total > 0 && (source === BROWSER || has(seen, FIELD.refund_id)));
};

/** Whether the event whose fields are `seen` in the row at `rows.count` keeps every rule. */
export const keepsRules = (seen: number, rows: Rows, met: Met, maxAgeDays: number | null): boolean => {
  if ((seen & REQUIRED) !== REQUIRED || !areTimesGood(seen, rows, maxAgeDays)) return false;
  const base = rows.count * ROW_INTS;
  const amounts = rows.count * ROW_NUMBERS + NUMBER.amounts;
  const flags = rows.ints[base + INT.flags] ?? 0;
  const { type } = met;
  const isSnapshot = (flags & FLAG.cartSnapshot) !== 0;
  if (isSnapshot && type !== ADD) return false;
  if (type === ADD || type === REMOVE) {
    if (!has(seen, FIELD.items) || (rows.ints[base + INT.items] === 0 && !isSnapshot)) return false;
  }
  if (type === PURCHASE || type === REFUND) {
    if (!isOrderGood(seen, type, flags >> SOURCE_SHIFT, rows.numbers[amounts + TOTAL] ?? -1)) return false;
  }
  if (type === FRICTION && !has(seen, FIELD.friction)) return false;
  if (has(seen, FIELD.currency)) return true;
  for (let amount = amounts; amount < amounts + AMOUNT_FIELDS.length; amount += 1) {
    if (rows.numbers[amount] !== -1) return false;
  }
  return !met.price;
};
