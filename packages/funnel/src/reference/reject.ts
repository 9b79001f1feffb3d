import type { Delivery } from '@cartledger/events';
import { isTooFarAhead } from './time.ts';

const MAX_AMOUNT = 1_000_000_000_000;

/**
 * What definitions.md itself rejects, before anything else is looked at: an event more than 24 h ahead, an amount or
 * line value above 10^12, a refund of nothing, a refund without id that is not a browser's. What else makes an
 * event invalid is decided before a delivery exists.
 */
export const isRejected = (d: Delivery): boolean =>
  isTooFarAhead(d) || hasExcessiveAmount(d) || (d.type === 'refund' && isUnusableRefund(d));

const hasExcessiveAmount = (d: Delivery): boolean =>
  Object.values(d.amounts ?? {}).some((amount) => Math.abs(amount) > MAX_AMOUNT) ||
  (d.items ?? []).some((item) => item.quantity * (item.unit_price ?? 0) > MAX_AMOUNT);

const isUnusableRefund = (d: Delivery): boolean =>
  (d.amounts?.total ?? 0) <= 0 || (d.refund_id === undefined && d.source !== 'browser');
