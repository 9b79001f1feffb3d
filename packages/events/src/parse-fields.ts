/**
 * Single fields for the hot path: a guard that asks the one question a good value answers, and beside it the
 * question why, which only a bad value is asked. The order of the whys is that of the checks in schema.ts.
 */
import {
  BUILT_IN_TYPES,
  CHECKOUT_STEPS,
  type CheckoutStep,
  type EventType,
  REFUND_KINDS,
  type RefundKind,
  SOURCES,
  type Source,
} from './event.ts';
import { CUSTOM_NAME_PATTERN, MAX_CODE_LENGTH, MAX_ID_LENGTH, MAX_SHORT_ID_LENGTH } from './limits.ts';
import type { RejectCode } from './reject.ts';
import { hasControlCharacter, isJunkId, isWellFormed } from './text.ts';

export const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

const stringProblem = (value: unknown): RejectCode => (isAbsent(value) ? 'missing_field' : 'wrong_type');

export const isShortId = (value: unknown, pattern: RegExp): value is string =>
  typeof value === 'string' && value.length <= MAX_SHORT_ID_LENGTH && pattern.test(value) && !isJunkId(value);

export const shortIdProblem = (value: unknown): RejectCode => {
  if (typeof value !== 'string') return stringProblem(value);
  return value.length > MAX_SHORT_ID_LENGTH ? 'too_long' : 'bad_id';
};

// Nearly every id is printable ASCII, which settles surrogates and control characters at once.
const PRINTABLE_ASCII = /^[ -~]*$/;

/** An id in form; it may still be junk. */
export const isIdText = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_ID_LENGTH &&
  (PRINTABLE_ASCII.test(value) || (isWellFormed(value) && !hasControlCharacter(value)));

export const isRequiredId = (value: unknown): value is string => isIdText(value) && !isJunkId(value);

export const idProblem = (value: unknown): RejectCode => {
  if (typeof value !== 'string') return stringProblem(value);
  if (value.length > MAX_ID_LENGTH) return 'too_long';
  return isWellFormed(value) ? 'bad_id' : 'bad_text';
};

export const isText = (value: unknown): value is string => typeof value === 'string' && isWellFormed(value);

export const textProblem = (value: unknown): RejectCode => (typeof value === 'string' ? 'bad_text' : 'wrong_type');

/** `channel` and `friction.code`. */
export const isCode = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_CODE_LENGTH && isWellFormed(value);

export const codeProblem = (value: unknown): RejectCode => {
  if (typeof value !== 'string') return stringProblem(value);
  if (value.length === 0) return 'bad_value';
  return value.length > MAX_CODE_LENGTH ? 'too_long' : 'bad_text';
};

export const isWhole = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && typeof value === 'number' && value >= least && value <= most;

const builtInTypes: ReadonlySet<unknown> = new Set(BUILT_IN_TYPES);

export const isEventType = (value: unknown): value is EventType =>
  builtInTypes.has(value) ||
  (typeof value === 'string' && value.startsWith('custom:') && CUSTOM_NAME_PATTERN.test(value.slice(7)));

export const typeProblem = (value: unknown): RejectCode =>
  typeof value === 'string' ? 'unknown_type' : stringProblem(value);

const steps: ReadonlySet<unknown> = new Set(CHECKOUT_STEPS);
const sources: ReadonlySet<unknown> = new Set(SOURCES);
const kinds: ReadonlySet<unknown> = new Set(REFUND_KINDS);
export const isCheckoutStep = (value: unknown): value is CheckoutStep => steps.has(value);
export const isSource = (value: unknown): value is Source => sources.has(value);
export const isRefundKind = (value: unknown): value is RefundKind => kinds.has(value);
