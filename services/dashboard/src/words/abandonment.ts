import type { StoreInfo } from '../api/wire.ts';
import { formatDuration } from '../format/duration.ts';
import { humanise } from './stage.ts';

const HOUR_MS = 3_600_000;

/** The store's own thresholds, in words. */
export const thresholdsOf = (store: Pick<StoreInfo, 'idle_ms' | 'abandon_ms' | 'recovery_ms'>) => ({
  idle: formatDuration(store.idle_ms ?? HOUR_MS / 2),
  abandon: formatDuration(store.abandon_ms ?? HOUR_MS),
  recovery: formatDuration(store.recovery_ms ?? 7 * 24 * HOUR_MS),
});
export type Thresholds = ReturnType<typeof thresholdsOf>;

export const RATE_DEFINITIONS = {
  abandonment_rate: (t: Thresholds): string =>
    `Carts ever abandoned ÷ (ever abandoned + purchased). A cart is abandoned once it has held items for ${t.abandon} without activity or order; a cart its owner emptied never is.`,
  recovery_rate: (): string => 'Carts ordered after they had been abandoned ÷ carts ever abandoned.',
  not_bought_rate: (): string =>
    'Carts without an order so far ÷ all carts opened, those emptied or still active included.',
  value_left: (): string =>
    'What lies in the carts that are abandoned or lost as of now, at the last price each item was shown for.',
} as const;

export const STATES = ['purchased', 'recovered', 'active', 'idle', 'emptied', 'abandoned', 'lost'] as const;
export type CartState = (typeof STATES)[number];

export const STATE_WORDS: Record<CartState, { label: string; meaning: (t: Thresholds) => string }> = {
  purchased: { label: 'Purchased', meaning: () => 'Ordered before it was ever abandoned.' },
  recovered: { label: 'Recovered', meaning: () => 'Abandoned first, then ordered after all.' },
  active: { label: 'Active', meaning: (t) => `Holds items, no order, last activity less than ${t.idle} ago.` },
  idle: { label: 'Idle', meaning: (t) => `Holds items, no order, quiet for ${t.idle} up to ${t.abandon}.` },
  emptied: { label: 'Emptied', meaning: () => 'Its owner took everything out. Never counted as abandoned.' },
  abandoned: {
    label: 'Abandoned',
    meaning: (t) => `Holds items, no order, quiet for ${t.abandon} or more; may still be recovered (${t.recovery}).`,
  },
  lost: { label: 'Lost', meaning: (t) => `Abandoned, and its ${t.recovery} for recovery are over.` },
};

/** Counts beside the seven states: these carts are in one of them already. */
export const ALSO = [
  {
    key: 'recovered_late',
    label: 'recovered late',
    meaning: (t: Thresholds): string => `Recovered ${t.recovery} or more after they were last abandoned.`,
  },
  {
    key: 'revived',
    label: 'revived at least once',
    meaning: (): string => 'Their visitors came back to them after they had been abandoned or lost.',
  },
] as const;

const REASONS: Record<string, string> = {
  none: 'No friction seen',
  payment_declined: 'Payment declined',
  coupon_rejected: 'Coupon rejected',
  out_of_stock: 'Out of stock',
  form_error: 'Form error',
  shipping_cost_shown: 'Shipping cost shown',
};
export const reasonLabel = (code: string): string =>
  (Object.hasOwn(REASONS, code) ? REASONS[code] : null) ?? humanise(code);
